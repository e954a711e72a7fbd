/**
 * What is in a sealed entry, a CBOR map. Of a mail that passed the intake: `{v: 2, cek(32),
 * headerSha512(64), from, fromFp(32), to: [user], cc: [user], date, subject, inReplyTo, references,
 * preview, attachments, size, contentLength, contentSha512(64), kind, origin, flags: [text], folder,
 * also: [text], trashed, warnings: [text]}`. Of one that did not: `{v: 2, rejected: reason, from,
 * arrived, flags, folder, also, trashed}`. `origin` is null or `{from, to: [text], cc: [text], bcc:
 * [text], messageId: text or null}`, `trashed` null or `{at, folder, also}`. Version 1, which is still
 * read, has no kind, origin, also and trashed.
 *
 * Bytes: docs/protocol.md, 11.
 */

import type { Bytes } from "./bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { CborFields } from "./cbor_fields.ts";
import type { MailFields, MailText } from "./envelope_fields.ts";
import { mailTextToCbor, readMailText } from "./envelope_fields.ts";
import { MAX_STANZAS } from "./envelope_header.ts";
import type { AcceptedMail } from "./envelope_intake.ts";
import { FormatError } from "./errors.ts";
import { isUserName, MAX_USER_NAME_BYTES } from "./names.ts";

const VERSION = 2;
const VERSION_OF_MAIL_ALONE = 1;
const KEY_BYTES = 32;
const HASH_BYTES = 32;
const SHA512_BYTES = 64;
const MAX_FLAGS = 32;
const MAX_FLAG_BYTES = 32;
const MAX_FOLDER_BYTES = 128;
/** Greatest number of further folders that a mail is in. */
export const MAX_ALSO = 32;
/** Greatest number of people in each list of an origin. */
export const MAX_ORIGIN_PEOPLE = 200;
/** Greatest name with address, or Message-ID, in an origin, in bytes of UTF-8. */
export const MAX_ORIGIN_BYTES = 1000;
const MAX_CODE_BYTES = 32;

/** Where a mail is. */
export interface EntryPlaces {
  /** "inbox", "sent", "drafts", "archive", "trash", or the id of one of the owner's. */
  readonly folder: string;
  /** Ids of further folders that it was copied to. */
  readonly also: readonly string[];
}

/** What the owner has done with a mail. */
export interface EntryMarks extends EntryPlaces {
  /** Such as "read", "answered", "forwarded", "flagged". */
  readonly flags: readonly string[];
  /** Since when it is in the trash (ms since the epoch), and where it was before. */
  readonly trashed: (EntryPlaces & { readonly at: number }) | null;
}

/**
 * `mail`: sent by a user here. The others are sealed by the owner for herself: `draft` is not sent
 * yet, `import` was brought in from elsewhere, and nobody here vouches for who wrote it.
 */
export type MailKind = "mail" | "draft" | "import";

const KINDS: readonly MailKind[] = ["mail", "draft", "import"];

/**
 * The people of a mail whom its signed fields do not name: those in the header of an imported mail,
 * as it shows them; the recipients that a draft is meant for; whom else a sent mail has gone to.
 */
export interface Origin {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  /** Message-ID of an imported mail, with its angle brackets. */
  readonly messageId: string | null;
}

/** The entry of a mail that passed the intake. */
export interface AcceptedEntry extends EntryMarks, MailText {
  readonly rejected: null;
  readonly kind: MailKind;
  readonly origin: Origin | null;
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
  marks: EntryMarks & Partial<Pick<AcceptedEntry, "kind" | "origin">>,
): AcceptedEntry {
  const { date, subject, preview, inReplyTo, references, attachments, size } = mail.fields;
  const { from, fromFingerprint, contentLength, contentSha512 }: MailFields = mail.fields;
  return {
    rejected: null,
    kind: marks.kind ?? "mail",
    origin: marks.origin ?? null,
    contentKey: mail.contentKey,
    headerSha512: mail.headerSha512,
    ...{ from, fromFingerprint, contentLength, contentSha512 },
    to: mail.fields.to.map(({ user }) => user),
    cc: mail.fields.cc.map(({ user }) => user),
    ...{ date, subject, preview, inReplyTo, references, attachments, size },
    warnings: mail.warnings,
    ...{ flags: marks.flags, folder: marks.folder, also: marks.also, trashed: marks.trashed },
  };
}

/** What becomes of a new mail. */
export function marksIn(folder: string, flags: readonly string[] = []): EntryMarks {
  return { folder, flags, also: [], trashed: null };
}

export function encodeEntry(entry: SealedEntry): Bytes {
  const { trashed } = entry;
  const places = ({ folder, also }: EntryPlaces): [string, CborValue][] => [
    ["folder", folder],
    ["also", [...also]],
  ];
  const marks: [string, CborValue][] = [
    ["flags", [...entry.flags]],
    ...places(entry),
    ["trashed", trashed === null ? null : new Map([["at", trashed.at], ...places(trashed)])],
  ];
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
      ["kind", entry.kind],
      ["origin", entry.origin === null ? null : originToCbor(entry.origin)],
      ["warnings", [...entry.warnings]],
      ...marks,
    ]),
  );
}

/** @throws {FormatError} */
export function decodeEntry(bytes: Bytes): SealedEntry {
  const fields = new CborFields(decodeCbor(bytes, "mailbox entry"), "mailbox entry");
  const version = fields.uint("v", VERSION);
  if (version < VERSION_OF_MAIL_ALONE) {
    throw new FormatError("The mailbox entry's form is unknown.");
  }
  const isOld = version === VERSION_OF_MAIL_ALONE;
  const entry = fields.has("rejected") ? readRejected(fields, isOld) : readAccepted(fields, isOld);
  fields.end();
  return entry;
}

function readRejected(fields: CborFields, isOld: boolean): RejectedEntry {
  const rejected = fields.text("rejected", MAX_CODE_BYTES);
  const from = fields.text("from", MAX_USER_NAME_BYTES);
  return { rejected, from, arrived: fields.uint("arrived"), ...readMarks(fields, isOld) };
}

function readAccepted(fields: CborFields, isOld: boolean): AcceptedEntry {
  return {
    rejected: null,
    kind: isOld ? "mail" : readKind(fields),
    origin: isOld || fields.takeNull("origin") ? null : readOrigin(fields.fields("origin")),
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
    ...readMarks(fields, isOld),
  };
}

function readMarks(fields: CborFields, isOld: boolean): EntryMarks {
  const flags = fields.texts("flags", MAX_FLAGS, MAX_FLAG_BYTES);
  if (isOld) return marksIn(fields.text("folder", MAX_FOLDER_BYTES), flags);
  const trashed = fields.takeNull("trashed") ? null : readTrashed(fields.fields("trashed"));
  return { flags, ...readPlaces(fields), trashed };
}

function readPlaces(fields: CborFields): EntryPlaces {
  return {
    folder: fields.text("folder", MAX_FOLDER_BYTES),
    also: fields.texts("also", MAX_ALSO, MAX_FOLDER_BYTES),
  };
}

function readTrashed(fields: CborFields): EntryMarks["trashed"] {
  const trashed = { at: fields.uint("at"), ...readPlaces(fields) };
  fields.end();
  return trashed;
}

function readKind(fields: CborFields): MailKind {
  const text = fields.text("kind", MAX_CODE_BYTES);
  const kind = KINDS.find((known) => known === text);
  if (kind === undefined) throw new FormatError("The mailbox entry is of an unknown kind.");
  return kind;
}

function originToCbor({ from, to, cc, bcc, messageId }: Origin): CborMap {
  return new Map<string, CborValue>([
    ["from", from],
    ["to", [...to]],
    ["cc", [...cc]],
    ["bcc", [...bcc]],
    ["messageId", messageId],
  ]);
}

function readOrigin(fields: CborFields): Origin {
  const people = (key: string) => fields.texts(key, MAX_ORIGIN_PEOPLE, MAX_ORIGIN_BYTES);
  const origin = {
    from: fields.text("from", MAX_ORIGIN_BYTES),
    ...{ to: people("to"), cc: people("cc"), bcc: people("bcc") },
    messageId: fields.takeNull("messageId") ? null : fields.text("messageId", MAX_ORIGIN_BYTES),
  };
  fields.end();
  return origin;
}

function readUsers(fields: CborFields, key: string): string[] {
  const users = fields.texts(key, MAX_STANZAS, MAX_USER_NAME_BYTES);
  if (!users.every(isUserName)) {
    throw new FormatError("The mailbox entry has an invalid user name.");
  }
  return users;
}
