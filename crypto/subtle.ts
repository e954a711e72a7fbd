/**
 * Web Crypto with the types of the calls that TypeScript does not know yet: key encapsulation,
 * `getPublicKey`, Argon2id and the formats of ML-KEM and ML-DSA keys (WICG "Modern Algorithms in
 * the Web Cryptography API"). It has no behaviour of its own.
 */

import type { Bytes } from "./bytes.ts";

type ModernUsage = "encapsulateBits" | "decapsulateBits" | "sign" | "verify" | "deriveBits";

/** What Argon2id takes; `memory` in KiB. */
interface Argon2Params {
  readonly name: "Argon2id";
  readonly nonce: Bytes;
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

interface ModernSubtle {
  generateKey(
    algorithm: "ML-KEM-768",
    extractable: boolean,
    usages: ModernUsage[],
  ): Promise<CryptoKeyPair>;
  importKey(
    format: "raw-seed" | "raw-public" | "raw-secret",
    key: Bytes,
    algorithm: "ML-KEM-768" | "ML-DSA-65" | "Argon2id",
    extractable: boolean,
    usages: ModernUsage[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-seed" | "raw-public" | "raw", key: CryptoKey): Promise<ArrayBuffer>;
  getPublicKey(privateKey: CryptoKey, usages: ModernUsage[]): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: "ML-KEM-768",
    publicKey: CryptoKey,
  ): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>;
  decapsulateBits(
    algorithm: "ML-KEM-768",
    privateKey: CryptoKey,
    ciphertext: Bytes,
  ): Promise<ArrayBuffer>;
  deriveBits(algorithm: Argon2Params, key: CryptoKey, bits: number): Promise<ArrayBuffer>;
}

/** The same object as `crypto.subtle`, seen with those types. */
export const modernSubtle = crypto.subtle as unknown as ModernSubtle;
