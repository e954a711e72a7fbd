/**
 * What the sender of a mail signs: the fields of the summary. A CBOR map with exactly these keys:
 * `{v: 1, realm(32), id(16), from, fromFp(32), to: [{user, fp(32)}], cc: [{user, fp(32)}], date,
 * subject, inReplyTo: id(16) or null, references: [id(16)], preview, attachments: [{name, type,
 * size}], size, contentLength, contentSha512(64), log: {size, root(32)}, counter: {user: bytes(8)}}`.
 *
 * `to` and `cc` together name every user that the mail is sealed to, except that the sender, who
 * always is, need not be among them. `counter` has one entry for each user in `to` and `cc`,
 * masked so that only that user can read it (envelope_key.ts).
 *
 * Bytes: docs/protocol.md, 10.
 */

import type { Bytes } from "./bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { CborFields } from "./cbor_fields.ts";
import { MAX_STANZAS, MESSAGE_ID_BYTES } from "./envelope_header.ts";
import { MASKED_COUNTER_BYTES } from "./envelope_key.ts";
import { FormatError } from "./errors.ts";
import { sha256 } from "./kdf.ts";

const VERSION = 1;
const HASH_BYTES = 32;
const SHA512_BYTES = 64;

/** Greatest subject, in bytes of UTF-8. */
export const MAX_SUBJECT_BYTES = 1000;
/** Greatest preview, in bytes of UTF-8. */
export const MAX_PREVIEW_BYTES = 1024;
/** Greatest number of attachments. */
export const MAX_ATTACHMENTS = 50;
/** Greatest file name of an attachment, in bytes of UTF-8. */
export const MAX_ATTACHMENT_NAME_BYTES = 255;
/** Greatest media type of an attachment, in bytes. */
export const MAX_ATTACHMENT_TYPE_BYTES = 127;
/** Greatest number of earlier mails that a mail refers to. */
export const MAX_REFERENCES = 100;

/** A recipient as signed by the sender. */
export interface SignedRecipient {
  readonly user: string;
  /** Of the recipient's signing key, as the sender knows it, 32 bytes. */
  readonly fingerprint: Bytes;
}

/** An attachment as the summary names it. */
export interface AttachmentInfo {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
}

/** The sender's view of the key log: its size and Merkle root (32 bytes). */
export interface LogHead {
  readonly size: number;
  readonly root: Bytes;
}

/** The head of a log without entries (RFC 9162 section 2.1.1). */
export const EMPTY_LOG: LogHead = { size: 0, root: sha256(new Uint8Array(0)) };

/** The part of the fields that the writer of a mail chooses. */
export interface MailText {
  /** When it was sealed, ms since the epoch, by the sender's clock. */
  readonly date: number;
  readonly subject: string;
  /** The beginning of the body. */
  readonly preview: string;
  /** Message id (16 bytes) of the mail this one answers. */
  readonly inReplyTo: Bytes | null;
  /** Message ids of the thread so far, the oldest first. */
  readonly references: readonly Bytes[];
  readonly attachments: readonly AttachmentInfo[];
  /** What the user sees as the mail's size: bytes of the body and of the attachments. */
  readonly size: number;
}

/** All fields of a mail. */
export interface MailFields extends MailText {
  readonly realm: Bytes;
  /** 16 bytes. */
  readonly messageId: Bytes;
  readonly from: string;
  /** Of the sender's signing key, 32 bytes. */
  readonly fromFingerprint: Bytes;
  readonly to: readonly SignedRecipient[];
  readonly cc: readonly SignedRecipient[];
  /** Length of the RFC 5322 bytes. */
  readonly contentLength: number;
  /** SHA-512 of the RFC 5322 bytes. */
  readonly contentSha512: Bytes;
  readonly log: LogHead;
  /**
   * For each user in `to` and `cc`: how many mails the sender has sent to that user, from 1, masked
   * for that user, 8 bytes.
   */
  readonly counter: ReadonlyMap<string, Bytes>;
}

/** Everybody whom the mail names as a recipient, `to` and then `cc`. */
export function namedRecipients(fields: Pick<MailFields, "to" | "cc">): SignedRecipient[] {
  return [...fields.to, ...fields.cc];
}

/** @throws {FormatError} when {@linkcode decodeFields} would refuse the result. */
export function encodeFields(fields: MailFields): Bytes {
  const bytes = encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["realm", fields.realm],
      ["id", fields.messageId],
      ["from", fields.from],
      ["fromFp", fields.fromFingerprint],
      ["to", fields.to.map(recipientToCbor)],
      ["cc", fields.cc.map(recipientToCbor)],
      ...mailTextToCbor(fields),
      ["contentLength", fields.contentLength],
      ["contentSha512", fields.contentSha512],
      ["log", new Map<string, CborValue>([["size", fields.log.size], ["root", fields.log.root]])],
      ["counter", new Map(fields.counter)],
    ]),
  );
  decodeFields(bytes);
  return bytes;
}

/** @throws {FormatError} */
export function decodeFields(bytes: Bytes): MailFields {
  const fields = new CborFields(decodeCbor(bytes, "mail summary"), "mail summary");
  fields.exactly("v", VERSION);
  const mail: MailFields = {
    realm: fields.bytes("realm", HASH_BYTES),
    messageId: fields.bytes("id", MESSAGE_ID_BYTES),
    from: fields.userName("from"),
    fromFingerprint: fields.bytes("fromFp", HASH_BYTES),
    to: fields.list("to", MAX_STANZAS, readRecipient),
    cc: fields.list("cc", MAX_STANZAS, readRecipient),
    ...readMailText(fields),
    contentLength: fields.uint("contentLength"),
    contentSha512: fields.bytes("contentSha512", SHA512_BYTES),
    log: readLogHead(fields.fields("log")),
    counter: fields.byUser(
      "counter",
      MAX_STANZAS,
      (counter, user) => counter.bytes(user, MASKED_COUNTER_BYTES),
    ),
  };
  fields.end();
  const users = namedRecipients(mail).map(({ user }) => user);
  const counted = users.every((user) => mail.counter.has(user));
  if (new Set(users).size !== users.length || mail.counter.size !== users.length || !counted) {
    throw new FormatError("The mail summary names a recipient twice or has no counter for one.");
  }
  return mail;
}

/** What {@linkcode mailTextToCbor} makes. Takes its keys and no others. */
export function readMailText(fields: CborFields): MailText {
  return {
    date: fields.uint("date"),
    subject: fields.text("subject", MAX_SUBJECT_BYTES),
    preview: fields.text("preview", MAX_PREVIEW_BYTES),
    inReplyTo: fields.takeNull("inReplyTo") ? null : fields.bytes("inReplyTo", MESSAGE_ID_BYTES),
    references: fields.byteStrings("references", MAX_REFERENCES, MESSAGE_ID_BYTES),
    attachments: fields.list("attachments", MAX_ATTACHMENTS, (item) => ({
      name: item.text("name", MAX_ATTACHMENT_NAME_BYTES),
      type: item.text("type", MAX_ATTACHMENT_TYPE_BYTES),
      size: item.uint("size"),
    })),
    size: fields.uint("size"),
  };
}

/** The part that summary and sealed entry share, as entries of a CBOR map. */
export function mailTextToCbor(text: MailText): [string, CborValue][] {
  return [
    ["date", text.date],
    ["subject", text.subject],
    ["preview", text.preview],
    ["inReplyTo", text.inReplyTo],
    ["references", [...text.references]],
    ["attachments", text.attachments.map(attachmentToCbor)],
    ["size", text.size],
  ];
}

function attachmentToCbor({ name, type, size }: AttachmentInfo): CborMap {
  return new Map<string, CborValue>([["name", name], ["type", type], ["size", size]]);
}

function recipientToCbor({ user, fingerprint }: SignedRecipient): CborMap {
  return new Map<string, CborValue>([["user", user], ["fp", fingerprint]]);
}

function readRecipient(item: CborFields): SignedRecipient {
  return { user: item.userName("user"), fingerprint: item.bytes("fp", HASH_BYTES) };
}

function readLogHead(fields: CborFields): LogHead {
  const head = { size: fields.uint("size"), root: fields.bytes("root", HASH_BYTES) };
  fields.end();
  return head;
}
