/**
 * ML-KEM-768 (FIPS 203), the post-quantum half of both KEMs.
 *
 * Bytes: docs/protocol.md, 1.1 and 1.2.
 */

import type { Bytes } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { modernSubtle } from "./subtle.ts";

/** Encapsulation key, in bytes. */
export const MLKEM_PUBLIC_BYTES = 1184;
/** Ciphertext, in bytes. */
export const MLKEM_CIPHERTEXT_BYTES = 1088;
/** Private key as its seed d ‖ z, in bytes. */
export const MLKEM_SEED_BYTES = 64;

const ALGORITHM = "ML-KEM-768";
/** The modulus q. */
const MODULUS = 3329;
/** The part of an encapsulation key that holds coefficients, 12 bits each; a 32-byte seed follows. */
const COEFFICIENT_BYTES = 1152;

/** A new key pair. The private half cannot be exported unless asked for. */
export function generateMlKem(
  { extractable = false }: { extractable?: boolean } = {},
): Promise<CryptoKeyPair> {
  const usages = ["encapsulateBits" as const, "decapsulateBits" as const];
  return modernSubtle.generateKey(ALGORITHM, extractable, usages);
}

/** A private key from its seed (FIPS 203 section 7.1). */
export function importMlKemSeed(seed: Bytes): Promise<CryptoKey> {
  return modernSubtle.importKey("raw-seed", seed, ALGORITHM, false, ["decapsulateBits"]);
}

/**
 * An encapsulation key. Throws FormatError on another length and on coefficients that are not
 * reduced: the check of FIPS 203 section 7.2, which the runtime leaves out.
 */
export async function importMlKemPublic(publicKey: Bytes): Promise<CryptoKey> {
  if (publicKey.length !== MLKEM_PUBLIC_BYTES || !isReduced(publicKey)) {
    throw new FormatError("The ML-KEM key cannot be used.");
  }
  return await modernSubtle.importKey("raw-public", publicKey, ALGORITHM, false, [
    "encapsulateBits",
  ]);
}

/** Raw bytes of a public key. */
export async function exportMlKemPublic(publicKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await modernSubtle.exportKey("raw-public", publicKey));
}

/** Seed of a private key that was generated extractable. */
export async function exportMlKemSeed(privateKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await modernSubtle.exportKey("raw-seed", privateKey));
}

/** Raw public key of a private key. */
export async function mlKemPublicOf(privateKey: CryptoKey): Promise<Bytes> {
  return await exportMlKemPublic(await modernSubtle.getPublicKey(privateKey, ["encapsulateBits"]));
}

/** A fresh shared key (32) and its ciphertext (1088). */
export async function mlKemEncapsulate(
  publicKey: CryptoKey,
): Promise<{ sharedKey: Bytes; ciphertext: Bytes }> {
  const { sharedKey, ciphertext } = await modernSubtle.encapsulateBits(ALGORITHM, publicKey);
  return { sharedKey: new Uint8Array(sharedKey), ciphertext: new Uint8Array(ciphertext) };
}

/** The shared key (32) of a ciphertext; an unrelated one for a ciphertext that was changed. */
export async function mlKemDecapsulate(privateKey: CryptoKey, ciphertext: Bytes): Promise<Bytes> {
  return new Uint8Array(await modernSubtle.decapsulateBits(ALGORITHM, privateKey, ciphertext));
}

/** Whether all coefficients are below the modulus. Two of them share three bytes (little-endian). */
function isReduced(publicKey: Bytes): boolean {
  for (let i = 0; i < COEFFICIENT_BYTES; i += 3) {
    const [a, b, c] = [publicKey[i]!, publicKey[i + 1]!, publicKey[i + 2]!];
    const first = a | (b & 0x0f) << 8;
    const second = b >> 4 | c << 4;
    if (first >= MODULUS || second >= MODULUS) return false;
  }
  return true;
}
