/**
 * Sealing of a part of an index: megabytes that are written whole and read whole, where a stream's
 * many chunks (stream.ts) would cost more than the cipher itself.
 *
 * Layout: salt (32, random) ‖ commitment (32) ‖ AES-256-GCM(key, nonce of 12 zero bytes, plaintext) with its
 * tag (16); `key ‖ commitment = HKDF(index key, "mailsec/1 index\0" ‖ context, 64, salt)`. The zero nonce
 * is safe because the salt makes the key another one each time. The commitment makes one ciphertext
 * have one meaning, as in a stream.
 *
 * Bytes: docs/protocol.md, 7.2.
 */

import { aesGcmKey, aesGcmOpen, aesGcmSeal, TAG_BYTES } from "./aead.ts";
import { type Bytes, concat, equalBytes, randomBytes, wipe } from "./bytes.ts";
import { DecryptionError } from "./errors.ts";
import { hkdf } from "./kdf.ts";
import { INDEX, labelled } from "./labels.ts";

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const COMMITMENT_BYTES = 32;
const HEADER_BYTES = SALT_BYTES + COMMITMENT_BYTES;
const NONCE = new Uint8Array(12);

/** What sealing adds to a part, in bytes. */
export const PART_OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;

/**
 * @param key 32 bytes, of HKDF(BK, "index")
 * @param context what the part is and whose; the same is needed to open it
 */
export async function sealPart(key: Bytes, context: Bytes, plaintext: Bytes): Promise<Bytes> {
  const salt = randomBytes(SALT_BYTES);
  const { aesKey, commitment } = await partKeys(key, context, salt);
  return concat(salt, commitment, await aesGcmSeal(aesKey, NONCE, plaintext));
}

/** Opens what sealPart made. Throws DecryptionError for anything else. */
export async function openPart(key: Bytes, context: Bytes, sealed: Bytes): Promise<Bytes> {
  if (sealed.length < PART_OVERHEAD_BYTES) throw new DecryptionError();
  const { aesKey, commitment } = await partKeys(key, context, sealed.slice(0, SALT_BYTES));
  const stated = sealed.slice(SALT_BYTES, HEADER_BYTES);
  if (!equalBytes(stated, commitment)) throw new DecryptionError();
  return await aesGcmOpen(aesKey, NONCE, sealed.subarray(HEADER_BYTES));
}

async function partKeys(
  key: Bytes,
  context: Bytes,
  salt: Bytes,
): Promise<{ aesKey: CryptoKey; commitment: Bytes }> {
  const keys = hkdf(key, labelled(INDEX, context), KEY_BYTES + COMMITMENT_BYTES, { salt });
  const raw = keys.slice(0, KEY_BYTES);
  const aesKey = await aesGcmKey(raw);
  const commitment = keys.slice(KEY_BYTES);
  wipe(keys, raw);
  return { aesKey, commitment };
}
