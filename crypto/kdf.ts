/**
 * Hashes, MACs and key derivation: synchronous, since an awaited Web Crypto call costs more than
 * the hash itself at the sizes hashed here.
 */

import { hkdf as nobleHkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256, sha512 as nobleSha512 } from "@noble/hashes/sha2.js";
import { sha3_256 as nobleSha3 } from "@noble/hashes/sha3.js";
import { type Bytes, concat, EMPTY, wipe } from "./bytes.ts";

const SHA512_BYTES = 64;

/** SHA-512 (FIPS 180-4): 64 bytes. */
export function sha512(message: Uint8Array): Bytes {
  return nobleSha512(message);
}

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(message: Uint8Array): Bytes {
  return nobleSha256(message);
}

/** SHA3-256 (FIPS 202): 32 bytes. */
export function sha3(message: Uint8Array): Bytes {
  return nobleSha3(message);
}

/** HMAC-SHA-512 (RFC 2104): 64 bytes. */
export function hmacSha512(key: Uint8Array, message: Uint8Array): Bytes {
  return hmac(nobleSha512, key, message);
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Bytes {
  return hmac(nobleSha256, key, message);
}

/**
 * HKDF-SHA-512, extract then expand (RFC 5869).
 *
 * @param ikm input key material, any length
 * @param info what the key is for: made with `labelled` of labels.ts
 * @param length of the key wanted, in bytes, at most 16,320
 * @param salt empty unless given
 */
export function hkdf(
  ikm: Uint8Array,
  info: Uint8Array,
  length: number,
  { salt = EMPTY }: { salt?: Uint8Array } = {},
): Bytes {
  return nobleHkdf(nobleSha512, ikm, salt, info, length);
}

/**
 * HKDF-Expand-SHA-512 alone (RFC 5869 section 2.3), for a pseudorandom key that is uniform already.
 * Unlike noble's `expand` it takes a 32-byte one: RFC 5869 asks for at least HashLen bytes, the
 * chunked-encryption specification uses 32, and HMAC is defined and secure for both.
 *
 * @param prk uniform secret, at least 32 bytes
 * @param length of the output in bytes, at most 16,320
 */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Bytes {
  const blocks = Math.ceil(length / SHA512_BYTES);
  if (prk.length < 32 || blocks > 255) throw new RangeError("hkdfExpand: key or length");
  const okm = new Uint8Array(blocks * SHA512_BYTES);
  let previous: Bytes = EMPTY;
  for (let i = 1; i <= blocks; i++) {
    previous = hmacSha512(prk, concat(previous, info, Uint8Array.of(i)));
    okm.set(previous, (i - 1) * SHA512_BYTES);
  }
  const output = okm.slice(0, length);
  wipe(okm, previous);
  return output;
}
