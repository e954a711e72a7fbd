/**
 * Web Crypto with the types of the calls that TypeScript does not know yet: key encapsulation,
 * `getPublicKey` and the formats of ML-KEM and ML-DSA keys (WICG "Modern Algorithms in the Web
 * Cryptography API"). No behaviour of its own beyond turning array buffers into bytes.
 */

import type { Bytes } from "./bytes.ts";

interface ModernSubtle {
  encapsulateBits(
    algorithm: string,
    publicKey: CryptoKey,
  ): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>;
  decapsulateBits(
    algorithm: string,
    privateKey: CryptoKey,
    ciphertext: Bytes,
  ): Promise<ArrayBuffer>;
  getPublicKey(privateKey: CryptoKey, usages: ModernUsage[]): Promise<CryptoKey>;
  importKey(
    format: "raw-seed" | "raw-public",
    key: Bytes,
    algorithm: string,
    extractable: boolean,
    usages: ModernUsage[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-public" | "raw-seed" | "raw", key: CryptoKey): Promise<ArrayBuffer>;
  generateKey(
    algorithm: string,
    extractable: boolean,
    usages: ModernUsage[],
  ): Promise<CryptoKeyPair>;
}

type ModernUsage = "encapsulateBits" | "decapsulateBits" | "sign" | "verify" | "deriveBits";

const modern = crypto.subtle as unknown as ModernSubtle;

/** A new key pair of ML-KEM-768. The private half cannot be exported unless asked for. */
export function generateMlKem(
  { extractable = false }: { extractable?: boolean } = {},
): Promise<CryptoKeyPair> {
  return modern.generateKey("ML-KEM-768", extractable, ["encapsulateBits", "decapsulateBits"]);
}

/** ML-KEM-768 private key from its 64-byte seed d ‖ z (FIPS 203 section 7.1). */
export function importMlKemSeed(seed: Bytes): Promise<CryptoKey> {
  return modern.importKey("raw-seed", seed, "ML-KEM-768", false, ["decapsulateBits"]);
}

/** ML-KEM-768 encapsulation key of 1184 bytes; rejects one that fails the modulus check. */
export function importMlKemPublic(publicKey: Bytes): Promise<CryptoKey> {
  return modern.importKey("raw-public", publicKey, "ML-KEM-768", false, ["encapsulateBits"]);
}

/** ML-KEM-768 encapsulation: shared key (32) and ciphertext (1088). */
export async function mlKemEncapsulate(
  publicKey: CryptoKey,
): Promise<{ sharedKey: Bytes; ciphertext: Bytes }> {
  const { sharedKey, ciphertext } = await modern.encapsulateBits("ML-KEM-768", publicKey);
  return { sharedKey: new Uint8Array(sharedKey), ciphertext: new Uint8Array(ciphertext) };
}

/** ML-KEM-768 decapsulation: 32 bytes, unrelated ones for a ciphertext that was changed. */
export async function mlKemDecapsulate(privateKey: CryptoKey, ciphertext: Bytes): Promise<Bytes> {
  return new Uint8Array(await modern.decapsulateBits("ML-KEM-768", privateKey, ciphertext));
}

/** Raw public key of an ML-KEM or ML-DSA private key. */
export async function modernPublicKey(
  privateKey: CryptoKey,
  usage: "encapsulateBits" | "verify",
): Promise<Bytes> {
  const publicKey = await modern.getPublicKey(privateKey, [usage]);
  return await exportModern("raw-public", publicKey);
}

/** Exports a public key or, where the key allows it, the seed of a private one. */
export async function exportModern(
  format: "raw-public" | "raw-seed",
  key: CryptoKey,
): Promise<Bytes> {
  return new Uint8Array(await modern.exportKey(format, key));
}

/** ML-DSA-65 private key from its 32-byte seed (FIPS 204 section 6.1). */
export function importMlDsaSeed(seed: Bytes): Promise<CryptoKey> {
  return modern.importKey("raw-seed", seed, "ML-DSA-65", false, ["sign"]);
}

/** ML-DSA-65 public key of 1952 bytes. */
export function importMlDsaPublic(publicKey: Bytes): Promise<CryptoKey> {
  return modern.importKey("raw-public", publicKey, "ML-DSA-65", false, ["verify"]);
}

/** Raw public key (32) of an Ed25519 private key. */
export async function ed25519PublicKey(privateKey: CryptoKey): Promise<Bytes> {
  const publicKey = await modern.getPublicKey(privateKey, ["verify"]);
  return new Uint8Array(await modern.exportKey("raw", publicKey));
}
