/**
 * The header of a sealed message, "MSE1": who it is from, and its key wrapped for each recipient.
 * The one part that the server reads.
 *
 * Layout: `"MSE1" ‖ u8 1 ‖ message id(16) ‖ lp8(from) ‖ fromFingerprint(32) ‖ u16 n ‖
 * n × [ lp8(user) ‖ key id(8) ‖ KEM ciphertext(1472) ‖ wrap(48) ]`, n from 1 to 200, no user twice.
 *
 * Bytes: docs/protocol.md, 10.
 */

import { ByteReader, type Bytes, ByteWriter, equalBytes, fromUtf8, utf8 } from "./bytes.ts";
import { KEM_CIPHERTEXT_BYTES, KEM_KEY_ID_BYTES } from "./composite_kem.ts";
import { FormatError } from "./errors.ts";
import { isUserName } from "./names.ts";

const MAGIC = utf8("MSE1");
const VERSION = 1;
const FINGERPRINT_BYTES = 32;
/** AES-256-GCM of the 32-byte content key. */
const WRAP_BYTES = 48;

/** A message id, in bytes. */
export const MESSAGE_ID_BYTES = 16;
/** Greatest number of stanzas, that is of recipients, the sender included. */
export const MAX_STANZAS = 200;

/** The content key, wrapped for one recipient. */
export interface Stanza {
  readonly user: string;
  /** Which of the recipient's KEM keys, 8 bytes. */
  readonly keyId: Bytes;
  /** 1472 bytes. */
  readonly ciphertext: Bytes;
  /** 48 bytes. */
  readonly wrap: Bytes;
}

/** A header as read. */
export interface MailHeader {
  /** 16 bytes. */
  readonly messageId: Bytes;
  /** As claimed: only the intake of the mail proves it. */
  readonly from: string;
  /** Of the sender's signing key, 32 bytes; as claimed. */
  readonly fromFingerprint: Bytes;
  readonly stanzas: readonly Stanza[];
}

/** @throws {FormatError} when {@linkcode decodeHeader} would refuse the result. */
export function encodeHeader(header: MailHeader): Bytes {
  const writer = new ByteWriter(256 + header.stanzas.length * 1600)
    .bytes(MAGIC)
    .u8(VERSION)
    .bytes(header.messageId)
    .lp8(utf8(header.from))
    .bytes(header.fromFingerprint)
    .u16(header.stanzas.length);
  for (const { user, keyId, ciphertext, wrap } of header.stanzas) {
    writer.lp8(utf8(user)).bytes(keyId).bytes(ciphertext).bytes(wrap);
  }
  const bytes = writer.finish();
  decodeHeader(bytes);
  return bytes;
}

/** @throws {FormatError} */
export function decodeHeader(bytes: Bytes): MailHeader {
  const reader = new ByteReader(bytes, "mail header");
  if (!equalBytes(reader.bytes(MAGIC.length), MAGIC) || reader.u8() !== VERSION) {
    throw new FormatError("The mail header is not MSE1, version 1.");
  }
  const messageId = reader.bytes(MESSAGE_ID_BYTES);
  const from = readUser(reader);
  const fromFingerprint = reader.bytes(FINGERPRINT_BYTES);
  const count = reader.u16();
  if (count < 1 || count > MAX_STANZAS) {
    throw new FormatError(`The mail header must have 1 to ${MAX_STANZAS} recipients.`);
  }
  const stanzas = Array.from({ length: count }, (): Stanza => ({
    user: readUser(reader),
    keyId: reader.bytes(KEM_KEY_ID_BYTES),
    ciphertext: reader.bytes(KEM_CIPHERTEXT_BYTES),
    wrap: reader.bytes(WRAP_BYTES),
  }));
  reader.end();
  if (new Set(stanzas.map(({ user }) => user)).size !== count) {
    throw new FormatError("The mail header names a recipient twice.");
  }
  return { messageId, from, fromFingerprint, stanzas };
}

function readUser(reader: ByteReader): string {
  const user = fromUtf8(reader.lp8());
  if (!isUserName(user)) throw new FormatError("The mail header has an invalid user name.");
  return user;
}
