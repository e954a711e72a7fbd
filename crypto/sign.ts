/**
 * Signatures that hold as long as either Ed25519 (RFC 8032) or ML-DSA-65 (FIPS 204) does.
 *
 * Layouts: public key = Ed25519 (32) ‖ ML-DSA-65 (1952); signature = Ed25519 (64) ‖ ML-DSA-65
 * (3309). Both sign `"mailsec/1 sig " ‖ purpose ‖ 0x00 ‖ SHA-512(public key) ‖ SHA-512(message)`
 * (Web Crypto's ML-DSA takes no context string, so the purpose is inside), and both must verify.
 *
 * Bytes: docs/protocol.md, 1.3.
 */

import { type Bytes, concat, fromHex, randomBytes } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha512 } from "./kdf.ts";
import { labelled, SIGNATURE, type SigningPurpose } from "./labels.ts";
import { modernSubtle } from "./subtle.ts";

const SEED_BYTES = 32;
const ED25519_PUBLIC_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/** Public key, in bytes. */
export const SIGNING_PUBLIC_BYTES = ED25519_PUBLIC_BYTES + 1952;
/** Signature, in bytes. */
export const SIGNATURE_BYTES = ED25519_SIGNATURE_BYTES + 3309;

/** PKCS#8 of an Ed25519 private key up to its seed (RFC 8410 section 7). */
const ED25519_PKCS8_PREFIX = fromHex("302e020100300506032b657004220420");

/** What has to be stored of a signing key: two seeds of 32 bytes. */
export interface SigningSecret {
  ed25519Seed: Bytes;
  mlDsaSeed: Bytes;
}

/** A signing key ready for use. */
export interface Signer {
  /** 1984 bytes. */
  readonly publicKey: Bytes;
  /** Signs: 3373 bytes. ML-DSA signatures are randomized, so no two are equal. */
  sign(purpose: SigningPurpose, message: Bytes): Promise<Bytes>;
}

/** A new signing key. */
export async function generateSigningKeyPair(): Promise<
  { publicKey: Bytes; secret: SigningSecret }
> {
  const secret = { ed25519Seed: randomBytes(SEED_BYTES), mlDsaSeed: randomBytes(SEED_BYTES) };
  const { publicKey } = await importSigner(secret);
  return { publicKey, secret };
}

/** Makes a stored signing key usable. Throws FormatError on seeds of a wrong length. */
export async function importSigner(secret: SigningSecret): Promise<Signer> {
  if (secret.ed25519Seed.length !== SEED_BYTES || secret.mlDsaSeed.length !== SEED_BYTES) {
    throw new FormatError("The signing key has a wrong length.");
  }
  const pkcs8 = concat(ED25519_PKCS8_PREFIX, secret.ed25519Seed);
  const [ed25519, mlDsa] = await Promise.all([
    crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
    modernSubtle.importKey("raw-seed", secret.mlDsaSeed, "ML-DSA-65", false, ["sign"]),
  ]);
  const publicKey = concat(
    await rawPublicKey(ed25519, "raw"),
    await rawPublicKey(mlDsa, "raw-public"),
  );
  return {
    publicKey,
    async sign(purpose, message) {
      const signed = signedBytes(publicKey, purpose, message);
      const [first, second] = await Promise.all([
        crypto.subtle.sign("Ed25519", ed25519, signed),
        crypto.subtle.sign("ML-DSA-65", mlDsa, signed),
      ]);
      return concat(new Uint8Array(first), new Uint8Array(second));
    },
  };
}

/** Whether `signature` is valid. Keys and signatures of a wrong form are just not valid. */
export async function verifySignature(
  publicKey: Bytes,
  { purpose, message, signature }: {
    purpose: SigningPurpose;
    message: Bytes;
    signature: Bytes;
  },
): Promise<boolean> {
  if (publicKey.length !== SIGNING_PUBLIC_BYTES || signature.length !== SIGNATURE_BYTES) {
    return false;
  }
  const signed = signedBytes(publicKey, purpose, message);
  const [first, second] = await Promise.all([
    verifyEd25519(
      publicKey.slice(0, ED25519_PUBLIC_BYTES),
      signature.slice(0, ED25519_SIGNATURE_BYTES),
      signed,
    ),
    verifyMlDsa(
      publicKey.slice(ED25519_PUBLIC_BYTES),
      signature.slice(ED25519_SIGNATURE_BYTES),
      signed,
    ),
  ]);
  return first && second;
}

/** Ed25519 alone: one half, never a verification on its own outside of tests. */
export async function verifyEd25519(
  publicKey: Bytes,
  signature: Bytes,
  message: Bytes,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    return false;
  }
}

/** ML-DSA-65 alone: one half, never a verification on its own outside of tests. */
export async function verifyMlDsa(
  publicKey: Bytes,
  signature: Bytes,
  message: Bytes,
): Promise<boolean> {
  try {
    const key = await modernSubtle.importKey("raw-public", publicKey, "ML-DSA-65", false, [
      "verify",
    ]);
    return await crypto.subtle.verify("ML-DSA-65", key, signature, message);
  } catch {
    return false;
  }
}

async function rawPublicKey(key: CryptoKey, format: "raw" | "raw-public"): Promise<Bytes> {
  const publicKey = await modernSubtle.getPublicKey(key, ["verify"]);
  return new Uint8Array(await modernSubtle.exportKey(format, publicKey));
}

function signedBytes(publicKey: Bytes, purpose: SigningPurpose, message: Bytes): Bytes {
  return labelled(SIGNATURE + purpose, sha512(publicKey), sha512(message));
}
