/**
 * What is in a sealed entry, a CBOR map. Of a mail that passed the intake: `{v: 1, cek(32),
 * headerSha512(64), from, fromFp(32), to: [user], cc: [user], date, subject, inReplyTo, references,
 * preview, attachments, size, contentLength, contentSha512(64), flags: [text], folder, warnings:
 * [text]}`. Of one that did not: `{v: 1, rejected: reason, from, arrived, flags, folder}`.
 *
 * Bytes: docs/protocol.md, 11.
 */

import type { Bytes } from "./bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { CborFields } from "./cbor_fields.ts";
import type { MailFields, MailText } from "./envelope_fields.ts";
import { mailTextToCbor, readMailText } from "./envelope_fields.ts";
import { MAX_STANZAS } from "./envelope_header.ts";
import type { AcceptedMail } from "./envelope_intake.ts";
import { FormatError } from "./errors.ts";
import { isUserName, MAX_USER_NAME_BYTES } from "./names.ts";

const VERSION = 1;
const KEY_BYTES = 32;
const HASH_BYTES = 32;
const SHA512_BYTES = 64;
const MAX_FLAGS = 32;
const MAX_FLAG_BYTES = 32;
const MAX_FOLDER_BYTES = 128;
const MAX_CODE_BYTES = 32;

/** What the owner has done with a mail. */
export interface EntryMarks {
  /** Such as "read". */
  readonly flags: readonly string[];
  /** "inbox", "sent" or one of the owner's. */
  readonly folder: string;
}

/** The entry of a mail that passed the intake. */
export interface AcceptedEntry extends EntryMarks, MailText {
  readonly rejected: null;
  /** 32 bytes, secret. */
  readonly contentKey: Bytes;
  /** 64 bytes. */
  readonly headerSha512: Bytes;
  readonly from: string;
  /** Of the signing key that the mail was verified with, 32 bytes. */
  readonly fromFingerprint: Bytes;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly contentLength: number;
  /** 64 bytes. */
  readonly contentSha512: Bytes;
  /** Codes: of INTAKE_WARNINGS (envelope_reject.ts), or others that a client has added. */
  readonly warnings: readonly string[];
}

/** The entry of a mail that did not pass: listed as such, never shown. */
export interface RejectedEntry extends EntryMarks {
  /** A code: of REJECT_REASONS (envelope_reject.ts), or another of a newer release. */
  readonly rejected: string;
  /** Whom the header names as the sender, unproven; empty when it cannot be read. */
  readonly from: string;
  /** ms since the epoch, as the server says. */
  readonly arrived: number;
}

export type SealedEntry = AcceptedEntry | RejectedEntry;

/** The entry of a mail: of one that passed the intake, or of one's own that was just sealed. */
export function acceptedEntry(
  mail: Pick<AcceptedMail, "contentKey" | "headerSha512" | "fields" | "warnings">,
  marks: EntryMarks,
): AcceptedEntry {
  const { date, subject, preview, inReplyTo, references, attachments, size } = mail.fields;
  const { from, fromFingerprint, contentLength, contentSha512 }: MailFields = mail.fields;
  return {
    rejected: null,
    contentKey: mail.contentKey,
    headerSha512: mail.headerSha512,
    ...{ from, fromFingerprint, contentLength, contentSha512 },
    to: mail.fields.to.map(({ user }) => user),
    cc: mail.fields.cc.map(({ user }) => user),
    ...{ date, subject, preview, inReplyTo, references, attachments, size },
    warnings: mail.warnings,
    flags: marks.flags,
    folder: marks.folder,
  };
}

export function encodeEntry(entry: SealedEntry): Bytes {
  const marks: [string, CborValue][] = [["flags", [...entry.flags]], ["folder", entry.folder]];
  if (entry.rejected !== null) {
    return encodeCbor(
      new Map<string, CborValue>([
        ["v", VERSION],
        ["rejected", entry.rejected],
        ["from", entry.from],
        ["arrived", entry.arrived],
        ...marks,
      ]),
    );
  }
  return encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["cek", entry.contentKey],
      ["headerSha512", entry.headerSha512],
      ["from", entry.from],
      ["fromFp", entry.fromFingerprint],
      ["to", [...entry.to]],
      ["cc", [...entry.cc]],
      ...mailTextToCbor(entry),
      ["contentLength", entry.contentLength],
      ["contentSha512", entry.contentSha512],
      ["warnings", [...entry.warnings]],
      ...marks,
    ]),
  );
}

/** @throws {FormatError} */
export function decodeEntry(bytes: Bytes): SealedEntry {
  const fields = new CborFields(decodeCbor(bytes, "mailbox entry"), "mailbox entry");
  fields.exactly("v", VERSION);
  const entry = fields.has("rejected") ? readRejected(fields) : readAccepted(fields);
  fields.end();
  return entry;
}

function readRejected(fields: CborFields): RejectedEntry {
  const rejected = fields.text("rejected", MAX_CODE_BYTES);
  const from = fields.text("from", MAX_USER_NAME_BYTES);
  return { rejected, from, arrived: fields.uint("arrived"), ...readMarks(fields) };
}

function readAccepted(fields: CborFields): AcceptedEntry {
  return {
    rejected: null,
    contentKey: fields.bytes("cek", KEY_BYTES),
    headerSha512: fields.bytes("headerSha512", SHA512_BYTES),
    from: fields.userName("from"),
    fromFingerprint: fields.bytes("fromFp", HASH_BYTES),
    to: readUsers(fields, "to"),
    cc: readUsers(fields, "cc"),
    ...readMailText(fields),
    contentLength: fields.uint("contentLength"),
    contentSha512: fields.bytes("contentSha512", SHA512_BYTES),
    warnings: fields.texts("warnings", MAX_FLAGS, MAX_CODE_BYTES),
    ...readMarks(fields),
  };
}

function readMarks(fields: CborFields): EntryMarks {
  return {
    flags: fields.texts("flags", MAX_FLAGS, MAX_FLAG_BYTES),
    folder: fields.text("folder", MAX_FOLDER_BYTES),
  };
}

function readUsers(fields: CborFields, key: string): string[] {
  const users = fields.texts(key, MAX_STANZAS, MAX_USER_NAME_BYTES);
  if (!users.every(isUserName)) {
    throw new FormatError("The mailbox entry has an invalid user name.");
  }
  return users;
}
