/**
 * X-Wing, the KEM of one handshake: ML-KEM-768 and X25519 combined with SHA3-256
 * (draft-connolly-cfrg-xwing-kem section 5).
 *
 * Layouts: public key = ML-KEM-768 key (1184) ‖ X25519 (32); ciphertext = ML-KEM ciphertext (1088) ‖
 * ephemeral X25519 key (32).
 *
 * Bytes: docs/protocol.md, 1.2.
 */

import { type Bytes, concat, utf8, wipe } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha3 } from "./kdf.ts";
import {
  exportMlKemPublic,
  generateMlKem,
  importMlKemPublic,
  MLKEM_CIPHERTEXT_BYTES,
  MLKEM_PUBLIC_BYTES,
  mlKemDecapsulate,
  mlKemEncapsulate,
} from "./ml_kem.ts";
import { generateX25519, x25519 } from "./x25519.ts";

/** Public key, in bytes. */
export const XWING_PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + 32;
/** Ciphertext, in bytes. */
export const XWING_CIPHERTEXT_BYTES = MLKEM_CIPHERTEXT_BYTES + 32;

/** The draft's label (section 5.3), drawn as an X-wing; not one of mailsec's. */
const DRAFT_LABEL = utf8("\\.//^\\");

/** An ephemeral key pair. The private halves cannot be exported. */
export interface XWingKeyPair {
  /** 1216 bytes. */
  readonly publicKey: Bytes;
  /** The shared secret (32) of a ciphertext of 1120 bytes. Throws FormatError on a bad one. */
  decapsulate(ciphertext: Bytes): Promise<Bytes>;
}

/** A new key pair. */
export async function xWingGenerate(): Promise<XWingKeyPair> {
  const [mlkem, own] = await Promise.all([generateMlKem(), generateX25519()]);
  const publicKey = concat(await exportMlKemPublic(mlkem.publicKey), own.publicKey);
  return {
    publicKey,
    async decapsulate(ciphertext) {
      if (ciphertext.length !== XWING_CIPHERTEXT_BYTES) {
        throw new FormatError(`An X-Wing ciphertext must have ${XWING_CIPHERTEXT_BYTES} bytes.`);
      }
      const peer = ciphertext.slice(MLKEM_CIPHERTEXT_BYTES);
      const [mlkemSecret, x25519Secret] = await Promise.all([
        mlKemDecapsulate(mlkem.privateKey, ciphertext.slice(0, MLKEM_CIPHERTEXT_BYTES)),
        x25519(own.privateKey, peer),
      ]);
      return combine(mlkemSecret, x25519Secret, concat(peer, own.publicKey));
    },
  };
}

/**
 * A fresh shared secret (32) and its ciphertext (1120) for the holder of `publicKey` (1216). Throws
 * FormatError on a key that cannot be used.
 */
export async function xWingEncapsulate(
  publicKey: Bytes,
): Promise<{ ciphertext: Bytes; sharedSecret: Bytes }> {
  if (publicKey.length !== XWING_PUBLIC_BYTES) {
    throw new FormatError(`An X-Wing key must have ${XWING_PUBLIC_BYTES} bytes.`);
  }
  const peer = publicKey.slice(MLKEM_PUBLIC_BYTES);
  const [mlkemKey, own] = await Promise.all([
    importMlKemPublic(publicKey.slice(0, MLKEM_PUBLIC_BYTES)),
    generateX25519(),
  ]);
  const [mlkem, x25519Secret] = await Promise.all([
    mlKemEncapsulate(mlkemKey),
    x25519(own.privateKey, peer),
  ]);
  return {
    ciphertext: concat(mlkem.ciphertext, own.publicKey),
    sharedSecret: combine(mlkem.sharedKey, x25519Secret, concat(own.publicKey, peer)),
  };
}

/** `SHA3-256(ML-KEM secret ‖ X25519 secret ‖ X25519 ciphertext ‖ X25519 public key ‖ label)`. */
function combine(mlkemSecret: Bytes, x25519Secret: Bytes, x25519Keys: Bytes): Bytes {
  const input = concat(mlkemSecret, x25519Secret, x25519Keys, DRAFT_LABEL);
  const sharedSecret = sha3(input);
  wipe(input, mlkemSecret, x25519Secret);
  return sharedSecret;
}
