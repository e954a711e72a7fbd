/**
 * The private keys inside a key bundle and their encoding, a CBOR map:
 * `{v: 1, kem: K, ed25519: seed(32), mlDsa: seed(32), earlierKem: [K…]}` with
 * `K = {public(1582), mlKem: seed(64), rsa: PKCS#8}`.
 */

import type { Bytes } from "./bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { CborFields } from "./cbor_fields.ts";
import { KEM_PUBLIC_BYTES, type KemSecret } from "./composite_kem.ts";
import type { SigningSecret } from "./sign.ts";

const VERSION = 1;
const SEED_BYTES = 32;
const MLKEM_SEED_BYTES = 64;
/** RSA-3072 in PKCS#8 takes about 1,800 bytes. */
const MAX_RSA_BYTES = 4096;
const MAX_EARLIER_KEYS = 16;

/** A KEM key as stored: the private key, and the public one it belongs to. */
export interface StoredKemKey extends KemSecret {
  /** 1582 bytes. */
  publicKey: Bytes;
}

/** All private keys of a user. */
export interface KeyBundle {
  readonly kem: StoredKemKey;
  readonly signing: SigningSecret;
  /** KEM keys that older mail is sealed to, the latest first. */
  readonly earlierKem: readonly StoredKemKey[];
}

export function encodeKeys(bundle: KeyBundle): Bytes {
  return encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["kem", kemToCbor(bundle.kem)],
      ["ed25519", bundle.signing.ed25519Seed],
      ["mlDsa", bundle.signing.mlDsaSeed],
      ["earlierKem", bundle.earlierKem.map(kemToCbor)],
    ]),
  );
}

/** @throws {FormatError} */
export function decodeKeys(bytes: Bytes): KeyBundle {
  const fields = new CborFields(decodeCbor(bytes, "key bundle"), "key bundle");
  fields.exactly("v", VERSION);
  const bundle = {
    kem: kemFromCbor(fields.fields("kem")),
    signing: {
      ed25519Seed: fields.bytes("ed25519", SEED_BYTES),
      mlDsaSeed: fields.bytes("mlDsa", SEED_BYTES),
    },
    earlierKem: fields.list("earlierKem", MAX_EARLIER_KEYS, kemFromCbor),
  };
  fields.end();
  return bundle;
}

function kemToCbor(key: StoredKemKey): CborMap {
  return new Map<string, CborValue>([
    ["public", key.publicKey],
    ["mlKem", key.mlkemSeed],
    ["rsa", key.rsaPkcs8],
  ]);
}

function kemFromCbor(fields: CborFields): StoredKemKey {
  const key = {
    publicKey: fields.bytes("public", KEM_PUBLIC_BYTES),
    mlkemSeed: fields.bytes("mlKem", MLKEM_SEED_BYTES),
    rsaPkcs8: fields.bytesUpTo("rsa", MAX_RSA_BYTES),
  };
  fields.end();
  return key;
}
