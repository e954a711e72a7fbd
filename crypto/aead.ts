/**
 * Authenticated encryption: AES-256-GCM where nonces are counted or keys are used once,
 * XChaCha20-Poly1305 where the nonce is random (192 bits do not collide). All failures to open are
 * one DecryptionError.
 *
 * Bytes: docs/protocol.md, 1.5.
 */

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Bytes, concat, EMPTY, randomBytes } from "./bytes.ts";
import { DecryptionError } from "./errors.ts";

/** Length of the tag of both ciphers, in bytes. */
export const TAG_BYTES = 16;
/** Length of an AES-GCM nonce, in bytes. */
export const GCM_NONCE_BYTES = 12;
const XCHACHA_NONCE_BYTES = 24;

/** A 32-byte key made ready for AES-256-GCM. It cannot be read back. */
export function aesGcmKey(raw: Bytes): Promise<CryptoKey> {
  if (raw.length !== 32) throw new RangeError("aesGcmKey: the key must have 32 bytes");
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** AES-256-GCM: ciphertext ‖ tag(16). The caller answers for `nonce` (12) never repeating. */
export async function aesGcmSeal(
  key: CryptoKey,
  nonce: Bytes,
  plaintext: Bytes,
  aad: Bytes = EMPTY,
): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plaintext));
}

/** Opens what aesGcmSeal made. Throws DecryptionError. */
export async function aesGcmOpen(
  key: CryptoKey,
  nonce: Bytes,
  sealed: Bytes,
  aad: Bytes = EMPTY,
): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed));
  } catch {
    throw new DecryptionError();
  }
}

/** XChaCha20-Poly1305 under a 32-byte key and a random nonce: nonce(24) ‖ ciphertext ‖ tag(16). */
export function xchachaSeal(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Bytes {
  const nonce = randomBytes(XCHACHA_NONCE_BYTES);
  return concat(nonce, xchacha20poly1305(key, nonce, aad).encrypt(plaintext));
}

/** Opens what xchachaSeal made. Throws DecryptionError. */
export function xchachaOpen(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Bytes {
  if (sealed.length < XCHACHA_NONCE_BYTES + TAG_BYTES) throw new DecryptionError();
  const nonce = sealed.subarray(0, XCHACHA_NONCE_BYTES);
  const cipher = xchacha20poly1305(key, nonce, aad);
  try {
    return cipher.decrypt(sealed.subarray(XCHACHA_NONCE_BYTES));
  } catch {
    throw new DecryptionError();
  }
}
