/**
 * The content key of a mail, wrapped for one recipient:
 * `wrap = AES-256-GCM(HKDF(shared secret, "mailsec/1 wrap\0" ‖ message id ‖ SHA-256(KEM key)), CEK)`.
 */

import { aesGcmKey, aesGcmOpen, aesGcmSeal, GCM_NONCE_BYTES } from "./aead.ts";
import { type Bytes, wipe } from "./bytes.ts";
import { hkdf, sha256 } from "./kdf.ts";
import { labelled, MAIL_WRAP } from "./labels.ts";

/** A content key (CEK), in bytes. */
export const CONTENT_KEY_BYTES = 32;

/** All zero. Safe: the key comes from a fresh shared secret and encrypts one thing, the CEK. */
const NONCE: Bytes = new Uint8Array(GCM_NONCE_BYTES);

/** For whom and for which mail a key is wrapped. */
export interface WrapContext {
  /** Of the KEM, 32 bytes; wiped. */
  readonly sharedSecret: Bytes;
  /** 16 bytes. */
  readonly messageId: Bytes;
  /** The recipient's KEM key, 1582 bytes. */
  readonly kemPublicKey: Bytes;
}

/** Wraps a content key: 48 bytes. */
export async function wrapContentKey(context: WrapContext, contentKey: Bytes): Promise<Bytes> {
  return await aesGcmSeal(await wrappingKey(context), NONCE, contentKey);
}

/** Unwraps a content key. Throws DecryptionError. */
export async function unwrapContentKey(context: WrapContext, wrap: Bytes): Promise<Bytes> {
  return await aesGcmOpen(await wrappingKey(context), NONCE, wrap);
}

async function wrappingKey(context: WrapContext): Promise<CryptoKey> {
  const info = labelled(MAIL_WRAP, context.messageId, sha256(context.kemPublicKey));
  const raw = hkdf(context.sharedSecret, info, 32);
  wipe(context.sharedSecret);
  const key = await aesGcmKey(raw);
  wipe(raw);
  return key;
}
