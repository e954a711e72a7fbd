/**
 * What a mail has for each recipient alone, under the secret encapsulated to her key:
 *
 * - the content key, wrapped: `AES-256-GCM(HKDF(shared secret, "mailsec/1 wrap\0" ‖ message id ‖
 *   SHA-256(KEM key)), CEK)`;
 * - the counter of the sender's mails to her, masked: `u64 counter XOR HKDF(shared secret,
 *   "mailsec/1 counter\0" ‖ message id ‖ SHA-256(KEM key), 8)`. It stands among the fields that
 *   every recipient can read, and how much the sender writes to the others is none of their business.
 *
 * Bytes: docs/protocol.md, 10.
 */

import { aesGcmKey, aesGcmOpen, aesGcmSeal, GCM_NONCE_BYTES } from "./aead.ts";
import { type Bytes, wipe } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { hkdf, sha256 } from "./kdf.ts";
import { labelled, MAIL_COUNTER, MAIL_WRAP } from "./labels.ts";

/** A content key (CEK), in bytes. */
export const CONTENT_KEY_BYTES = 32;
/** A masked counter, in bytes. */
export const MASKED_COUNTER_BYTES = 8;

/** All zero. Safe: the key comes from a fresh shared secret and encrypts one thing, the CEK. */
const NONCE: Bytes = new Uint8Array(GCM_NONCE_BYTES);

/** For whom and for which mail the keys are. */
export interface RecipientContext {
  /** Of the KEM, 32 bytes; wiped. */
  readonly sharedSecret: Bytes;
  /** 16 bytes. */
  readonly messageId: Bytes;
  /** The recipient's KEM key, 1582 bytes. */
  readonly kemPublicKey: Bytes;
}

/** The keys that one recipient and the sender share for one mail. */
export interface RecipientKeys {
  readonly wrapping: CryptoKey;
  /** 8 bytes, for one counter. */
  readonly counterMask: Bytes;
}

/** Derives both keys. */
export async function recipientKeys(context: RecipientContext): Promise<RecipientKeys> {
  const bound = [context.messageId, sha256(context.kemPublicKey)];
  const raw = hkdf(context.sharedSecret, labelled(MAIL_WRAP, ...bound), 32);
  const info = labelled(MAIL_COUNTER, ...bound);
  const counterMask = hkdf(context.sharedSecret, info, MASKED_COUNTER_BYTES);
  wipe(context.sharedSecret);
  const wrapping = await aesGcmKey(raw);
  wipe(raw);
  return { wrapping, counterMask };
}

/** Wraps a content key: 48 bytes. */
export async function wrapContentKey(keys: RecipientKeys, contentKey: Bytes): Promise<Bytes> {
  return await aesGcmSeal(keys.wrapping, NONCE, contentKey);
}

/** Unwraps a content key. Throws DecryptionError. */
export async function unwrapContentKey(keys: RecipientKeys, wrap: Bytes): Promise<Bytes> {
  return await aesGcmOpen(keys.wrapping, NONCE, wrap);
}

/** Masks a counter, from 1 to 2^53 - 1. The mask is a one-time pad: it is used for this alone. */
export function maskCounter(counter: number, mask: Bytes): Bytes {
  const masked = new Uint8Array(MASKED_COUNTER_BYTES);
  new DataView(masked.buffer).setBigUint64(0, BigInt(counter));
  return xor(masked, mask);
}

/** The counter out of its mask. Throws FormatError when it is none. */
export function unmaskCounter(masked: Bytes, mask: Bytes): number {
  const view = new DataView(xor(masked, mask).buffer);
  const counter = Number(view.getBigUint64(0));
  if (!Number.isSafeInteger(counter) || counter < 1) {
    throw new FormatError("The mail's counter is out of range.");
  }
  return counter;
}

function xor(bytes: Bytes, mask: Bytes): Bytes {
  return bytes.map((byte, i) => byte ^ mask[i]!);
}
