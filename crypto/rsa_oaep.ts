/**
 * The RSA half of the composite KEM: RSA-3072 with OAEP, SHA-256, MGF1-SHA-256 and an empty label
 * (RFC 8017 section 7.1).
 *
 * The runtime's RSA decryption is neither blinded nor constant-time (RUSTSEC-2023-0071). So RSA
 * never stands alone (composite_kem.ts mixes ML-KEM in), and whoever decapsulates for somebody else
 * releases the result on a clock tick (tick.ts).
 *
 * Bytes: docs/protocol.md, 1.1.
 */

import { type Bytes, concat, equalBytes, fromHex } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** RSAPublicKey DER of a 3072-bit modulus with exponent 65537, in bytes. */
export const RSA_PUBLIC_BYTES = 398;
/** Ciphertext, in bytes. */
export const RSA_CIPHERTEXT_BYTES = 384;

const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/** SubjectPublicKeyInfo up to the RSAPublicKey: rsaEncryption, NULL, bit string. */
const SPKI_PREFIX = fromHex("308201a2300d06092a864886f70d01010105000382018f00");
/** RSAPublicKey up to the modulus: SEQUENCE, INTEGER of 385 bytes with a zero in front. */
const PUBLIC_PREFIX = fromHex("3082018a0282018100");
/** RSAPublicKey after the modulus: INTEGER 65537. */
const PUBLIC_SUFFIX = fromHex("0203010001");
/** Length of a DER header with a two-byte length. */
const DER_HEADER_BYTES = 4;
/** In PKCS#8: where the RSAPrivateKey's modulus begins, after headers, version and algorithm. */
const PKCS8_MODULUS_OFFSET = 33;

/** A new key pair: PKCS#8 and RSAPublicKey DER. Takes 0.2 to 1.5 s. */
export async function generateRsa(): Promise<{ pkcs8: Bytes; publicKey: Bytes }> {
  const parameters = {
    ...ALGORITHM,
    modulusLength: 3072,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  const pair = await crypto.subtle.generateKey(parameters, true, usages) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { pkcs8, publicKey: spki.slice(SPKI_PREFIX.length) };
}

/**
 * Imports a public key. Throws FormatError unless it is the DER of exactly this shape: modulus of
 * 3072 bits, odd, exponent 65537.
 */
export async function importRsaPublic(publicKey: Bytes): Promise<CryptoKey> {
  const modulusEnd = RSA_PUBLIC_BYTES - PUBLIC_SUFFIX.length;
  const wellFormed = publicKey.length === RSA_PUBLIC_BYTES &&
    equalBytes(publicKey.subarray(0, PUBLIC_PREFIX.length), PUBLIC_PREFIX) &&
    equalBytes(publicKey.subarray(modulusEnd), PUBLIC_SUFFIX) &&
    publicKey[PUBLIC_PREFIX.length]! >= 0x80 && publicKey[modulusEnd - 1]! % 2 === 1;
  if (!wellFormed) throw new FormatError("The RSA key is not a 3072-bit key with exponent 65537.");
  const spki = concat(SPKI_PREFIX, publicKey);
  try {
    return await crypto.subtle.importKey("spki", spki, ALGORITHM, false, ["encrypt"]);
  } catch (cause) {
    throw new FormatError("The RSA key cannot be used.", { cause });
  }
}

/** Imports a private key from PKCS#8. Throws FormatError; never says anything about the bytes. */
export async function importRsaPrivate(pkcs8: Bytes): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["decrypt"]);
  } catch {
    throw new FormatError("The RSA private key cannot be used.");
  }
}

/** Whether a PKCS#8 private key has the modulus and exponent of this public key. */
export function rsaKeysMatch(pkcs8: Bytes, publicKey: Bytes): boolean {
  const numbers = publicKey.subarray(DER_HEADER_BYTES);
  const end = PKCS8_MODULUS_OFFSET + numbers.length;
  return equalBytes(pkcs8.subarray(PKCS8_MODULUS_OFFSET, end), numbers);
}

/** Encrypts a short secret: 384 bytes. */
export async function rsaEncrypt(publicKey: CryptoKey, secret: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "RSA-OAEP" }, publicKey, secret));
}

/** Decrypts; null for anything that is not a valid ciphertext. */
export async function rsaDecrypt(privateKey: CryptoKey, ciphertext: Bytes): Promise<Bytes | null> {
  try {
    const opened = await crypto.subtle.decrypt({ name: "RSA-OAEP" }, privateKey, ciphertext);
    return new Uint8Array(opened);
  } catch {
    return null;
  }
}
