/**
 * The key file under a pass phrase. Sealed, it is
 *
 *     "MSK1" ‖ u8 1 ‖ salt(16) ‖ nonce(24) ‖ ciphertext ‖ tag(16)
 *
 * XChaCha20-Poly1305 under Argon2id(NFC(pass phrase) as UTF-8, salt), 64 MiB, 3 passes, 4 lanes; the
 * associated data is everything before the nonce. The salt stays as long as the pass phrase does: a
 * running server writes the file anew with the key it has and forgets the phrase. Nonces are random.
 */

import { xchachaOpen, xchachaSeal } from "../../crypto/aead.ts";
import { ARGON2_SALT_BYTES, argon2id } from "../../crypto/argon2.ts";
import { type Bytes, concat, equalBytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { labelled } from "../../crypto/labels.ts";
import { KEY_FILE } from "./labels.ts";

const MAGIC = concat(utf8("MSK1"), Uint8Array.of(1));
const HEAD_BYTES = MAGIC.length + ARGON2_SALT_BYTES;
/** A sealed file is longer: there is something between nonce and tag. */
export const SEAL_OVERHEAD_BYTES = HEAD_BYTES + 24 + 16;
/** A pass phrase has at least so many characters: the file is all that a thief needs to guess it. */
export const MIN_KEY_PASSPHRASE_LENGTH = 12;

/** What a key file is sealed under: as secret as the pass phrase, from which it was made. */
export interface KeySeal {
  readonly salt: Bytes;
  readonly key: Bytes;
}

/** Whether these are the bytes of a sealed key file, or of what once was one. */
export function isSealed(file: Bytes): boolean {
  return equalBytes(file.subarray(0, MAGIC.length), MAGIC);
}

/** A seal for a new pass phrase. */
export function newSeal(passphrase: string): Promise<KeySeal> {
  return sealWith(passphrase, randomBytes(ARGON2_SALT_BYTES));
}

/** The seal that this file has, if the pass phrase is the right one; opening it tells. */
export function sealOf(file: Bytes, passphrase: string): Promise<KeySeal> {
  return sealWith(passphrase, file.slice(MAGIC.length, HEAD_BYTES));
}

export function sealSecrets(plaintext: Bytes, { salt, key }: KeySeal): Bytes {
  const head = concat(MAGIC, salt);
  return concat(head, xchachaSeal(key, plaintext, labelled(KEY_FILE, head)));
}

/** Opens a file for which `isSealed` holds. Throws DecryptionError, also for another salt's seal. */
export function openSealed(file: Bytes, { key }: KeySeal): Bytes {
  const head = file.slice(0, HEAD_BYTES);
  return xchachaOpen(key, file.subarray(HEAD_BYTES), labelled(KEY_FILE, head));
}

async function sealWith(passphrase: string, salt: Bytes): Promise<KeySeal> {
  const password = utf8(passphrase.normalize("NFC"));
  try {
    return { salt, key: await argon2id(password, salt) };
  } finally {
    password.fill(0);
  }
}
