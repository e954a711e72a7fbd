/**
 * The composite KEM of long-term keys, server's and users': id-MLKEM768-RSA3072-SHA3-256 of
 * draft-ietf-lamps-pq-composite-kem. Safe as long as either half holds.
 *
 * Layouts: public key = ML-KEM-768 key (1184) ‖ RSAPublicKey DER (398); ciphertext = ML-KEM
 * ciphertext (1088) ‖ RSA-OAEP ciphertext of a random 32-byte t (384).
 *
 * Bytes: docs/protocol.md, 1.1 and 2.3.
 */

import { type Bytes, concat, equalBytes, randomBytes, utf8, wipe } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha256, sha3 } from "./kdf.ts";
import { KEM_KEY_ID, labelled } from "./labels.ts";
import {
  exportMlKemPublic,
  exportMlKemSeed,
  generateMlKem,
  importMlKemPublic,
  importMlKemSeed,
  MLKEM_CIPHERTEXT_BYTES,
  MLKEM_PUBLIC_BYTES,
  MLKEM_SEED_BYTES,
  mlKemDecapsulate,
  mlKemEncapsulate,
  mlKemPublicOf,
} from "./ml_kem.ts";
import {
  generateRsa,
  importRsaPrivate,
  importRsaPublic,
  RSA_CIPHERTEXT_BYTES,
  RSA_PUBLIC_BYTES,
  rsaDecrypt,
  rsaEncrypt,
  rsaKeysMatch,
} from "./rsa_oaep.ts";
const SECRET_BYTES = 32;

/** Public key, in bytes. */
export const KEM_PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + RSA_PUBLIC_BYTES;
/** Ciphertext, in bytes. */
export const KEM_CIPHERTEXT_BYTES = MLKEM_CIPHERTEXT_BYTES + RSA_CIPHERTEXT_BYTES;
/** Key id, in bytes. */
export const KEM_KEY_ID_BYTES = 8;

/** The draft's own label of this combination (section 6 of the draft), not one of mailsec's. */
const DRAFT_LABEL = utf8("MLKEM768-RSAOAEP3072");

/** What has to be stored of a private key. */
export interface KemSecret {
  /** ML-KEM seed d ‖ z, 64 bytes. */
  mlkemSeed: Bytes;
  /** RSA private key, PKCS#8 DER. */
  rsaPkcs8: Bytes;
}

/** A private key ready for use; its halves cannot be read back. */
export interface KemPrivateKey {
  readonly publicKey: Bytes;
  readonly keyId: Bytes;
  readonly mlkem: CryptoKey;
  readonly rsa: CryptoKey;
}

/** A public key, checked and ready for use. */
export interface KemPublicKey {
  readonly publicKey: Bytes;
  readonly keyId: Bytes;
  readonly mlkem: CryptoKey;
  readonly rsa: CryptoKey;
}

/** The first 8 bytes of `SHA-256("mailsec/1 kem-key-id\0" ‖ public key)`. A hint, not a proof. */
export function kemKeyId(publicKey: Bytes): Bytes {
  return sha256(labelled(KEM_KEY_ID, publicKey)).slice(0, KEM_KEY_ID_BYTES);
}

/** A new key pair. RSA makes it slow: 0.2 to 1.5 s. */
export async function generateKemKeyPair(): Promise<{ publicKey: Bytes; secret: KemSecret }> {
  const [mlkem, rsa] = await Promise.all([generateMlKem({ extractable: true }), generateRsa()]);
  const mlkemPublic = await exportMlKemPublic(mlkem.publicKey);
  const mlkemSeed = await exportMlKemSeed(mlkem.privateKey);
  return {
    publicKey: concat(mlkemPublic, rsa.publicKey),
    secret: { mlkemSeed, rsaPkcs8: rsa.pkcs8 },
  };
}

/** Makes a stored private key usable. Throws FormatError when it is not this public key's. */
export async function importKemPrivateKey(
  secret: KemSecret,
  publicKey: Bytes,
): Promise<KemPrivateKey> {
  if (publicKey.length !== KEM_PUBLIC_BYTES || secret.mlkemSeed.length !== MLKEM_SEED_BYTES) {
    throw new FormatError("The key-encapsulation key has a wrong length.");
  }
  const [mlkem, rsa] = await Promise.all([
    importMlKemSeed(secret.mlkemSeed),
    importRsaPrivate(secret.rsaPkcs8),
  ]);
  const mlkemPublic = await mlKemPublicOf(mlkem);
  const matches = equalBytes(mlkemPublic, publicKey.subarray(0, MLKEM_PUBLIC_BYTES)) &&
    rsaKeysMatch(secret.rsaPkcs8, publicKey.subarray(MLKEM_PUBLIC_BYTES));
  if (!matches) throw new FormatError("The private and the public key do not belong together.");
  return { publicKey, keyId: kemKeyId(publicKey), mlkem, rsa };
}

/** Checks and imports a public key of 1582 bytes. Throws FormatError. */
export async function importKemPublicKey(publicKey: Bytes): Promise<KemPublicKey> {
  if (publicKey.length !== KEM_PUBLIC_BYTES) {
    throw new FormatError(`The key-encapsulation key must have ${KEM_PUBLIC_BYTES} bytes.`);
  }
  const [mlkem, rsa] = await Promise.all([
    importMlKemPublic(publicKey.slice(0, MLKEM_PUBLIC_BYTES)),
    importRsaPublic(publicKey.slice(MLKEM_PUBLIC_BYTES)),
  ]);
  return { publicKey, keyId: kemKeyId(publicKey), mlkem, rsa };
}

/** A fresh shared secret (32) and its ciphertext (1472) for the holder of the private key. */
export async function encapsulate(
  key: KemPublicKey,
): Promise<{ ciphertext: Bytes; sharedSecret: Bytes }> {
  const t = randomBytes(SECRET_BYTES);
  const [mlkem, rsaCiphertext] = await Promise.all([
    mlKemEncapsulate(key.mlkem),
    rsaEncrypt(key.rsa, t),
  ]);
  const halves = { mlkemSecret: mlkem.sharedKey, t, rsaCiphertext };
  return {
    ciphertext: concat(mlkem.ciphertext, rsaCiphertext),
    sharedSecret: combine(halves, key.publicKey),
  };
}

/**
 * The shared secret (32) of a ciphertext. Never fails for one of 1472 bytes: a changed one gives an
 * unrelated secret, and what is opened with it fails later (RFC 8017 section 7.1.2, note; Manger's
 * attack). Not constant-time: release the result with releaseOnTick where a peer can measure.
 * Throws FormatError on another length.
 */
export async function decapsulate(key: KemPrivateKey, ciphertext: Bytes): Promise<Bytes> {
  if (ciphertext.length !== KEM_CIPHERTEXT_BYTES) {
    throw new FormatError(`The key encapsulation must have ${KEM_CIPHERTEXT_BYTES} bytes.`);
  }
  const rsaCiphertext = ciphertext.slice(MLKEM_CIPHERTEXT_BYTES);
  const substitute = randomBytes(SECRET_BYTES);
  const [mlkemSecret, opened] = await Promise.all([
    mlKemDecapsulate(key.mlkem, ciphertext.slice(0, MLKEM_CIPHERTEXT_BYTES)),
    rsaDecrypt(key.rsa, rsaCiphertext),
  ]);
  const t = opened !== null && opened.length === SECRET_BYTES ? opened : substitute;
  return combine({ mlkemSecret, t, rsaCiphertext }, key.publicKey);
}

/** `SHA3-256(ML-KEM secret ‖ t ‖ RSA ciphertext ‖ RSA public key ‖ label)`; wipes the halves. */
function combine(
  halves: { mlkemSecret: Bytes; t: Bytes; rsaCiphertext: Bytes },
  publicKey: Bytes,
): Bytes {
  const rsaPublic = publicKey.subarray(MLKEM_PUBLIC_BYTES);
  const input = concat(halves.mlkemSecret, halves.t, halves.rsaCiphertext, rsaPublic, DRAFT_LABEL);
  const sharedSecret = sha3(input);
  wipe(input, halves.mlkemSecret, halves.t);
  return sharedSecret;
}
