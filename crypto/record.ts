/**
 * What the record layer puts on the wire after the handshake, in each direction on its own.
 *
 * ```
 * record = u16 length ‖ AES-256-GCM(key, nonce = iv XOR u64 counter, aad = the two length bytes)
 * inner  = content ‖ u8 type ‖ zeros                                   (RFC 8446 section 5.2)
 * ```
 *
 * Content and zeros together always have 256, 1024, 4096 or 16384 bytes, so a record has one of four
 * lengths. DATA is always full; a message is some DATA and one DATA_END, which may be empty.
 *
 * Bytes: docs/protocol.md, 6.
 */

import { TAG_BYTES } from "./aead.ts";

/** Type of a record. KEY_UPDATE and CLOSE have no content; ERROR has a short code. */
export const RecordType = {
  /** Content of a message that goes on in the next DATA or DATA_END record. */
  DATA: 1,
  /** The last, or only, content of a message. */
  DATA_END: 2,
  /** The records after this one are under the next key. */
  KEY_UPDATE: 3,
  /** The sender is done; nothing follows. */
  CLOSE: 4,
  /** The sender gives up and says why; nothing follows. */
  ERROR: 5,
} as const;
export type RecordType = typeof RecordType[keyof typeof RecordType];

/** What an opener reports. After `close` and `error` nothing comes any more. */
export type RecordEvent =
  | { type: "message"; bytes: Uint8Array<ArrayBuffer> }
  | { type: "close" }
  | { type: "error"; code: string };

/** The u16 in front of a record, in bytes. */
export const RECORD_HEADER_BYTES = 2;
/** Greatest content of one record, in bytes. */
export const RECORD_CONTENT_BYTES = 16_384;
/** Lengths that content is padded to, in bytes. */
export const RECORD_PADDED_BYTES = [256, 1024, 4096, RECORD_CONTENT_BYTES] as const;
/** Greatest code of an ERROR record, in bytes of UTF-8. */
export const RECORD_ERROR_CODE_BYTES = 64;
/** Records under one key before a new one is needed. */
export const RECORDS_PER_KEY = 2 ** 20;
/** How long a key is used for sealing, in milliseconds. */
export const RECORD_KEY_LIFETIME_MS = 60 * 60_000;

/** Length of the type and the tag around the padded content, in bytes. */
const RECORD_OVERHEAD_BYTES = 1 + TAG_BYTES;

/** The padded length for so much content (at most 16384), in bytes. */
export function paddedContentLength(contentLength: number): number {
  const padded = RECORD_PADDED_BYTES.find((length) => contentLength <= length);
  if (padded === undefined) throw new RangeError("A record holds at most 16384 bytes");
  return padded;
}

/** Whether a ciphertext of this length can be a record at all: checked before any decryption. */
export function isRecordLength(ciphertextLength: number): boolean {
  return RECORD_PADDED_BYTES.some((length) => length + RECORD_OVERHEAD_BYTES === ciphertextLength);
}

/** Length on the wire of a message of so many bytes, when no key update comes in between. */
export function sealedMessageLength(messageLength: number): number {
  const full = Math.max(0, Math.ceil(messageLength / RECORD_CONTENT_BYTES) - 1);
  const last = paddedContentLength(messageLength - full * RECORD_CONTENT_BYTES);
  const around = RECORD_HEADER_BYTES + RECORD_OVERHEAD_BYTES;
  return full * (RECORD_CONTENT_BYTES + around) + last + around;
}
