/**
 * The private keys inside a key bundle and their encoding, a CBOR map:
 * `{v: 2, kem: K, ed25519: seed(32), mlDsa: seed(32), earlierKem: [K…], devices: [D…]}` with
 * `K = {public(1582), mlKem: seed(64), rsa: PKCS#8, pad}` and `D = {slot, name, secret(16), added}`,
 * devices in ascending order of their slots, `added` in ms since the Unix epoch. `pad` is zeros that
 * make every RSA key take 1800 bytes: else the length of a bundle would tell whose it is. Version 1,
 * which is still read, has neither `devices` nor `pad`.
 *
 * Bytes: docs/protocol.md, 9.1.
 */

import { type Bytes, equalBytes } from "./bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { CborFields } from "./cbor_fields.ts";
import { FormatError } from "./errors.ts";
import { KEM_PUBLIC_BYTES, type KemSecret } from "./composite_kem.ts";
import type { SigningSecret } from "./sign.ts";

const VERSION = 2;
const VERSION_WITHOUT_DEVICES = 1;
const SEED_BYTES = 32;
const MLKEM_SEED_BYTES = 64;
/** RSA-3072 in PKCS#8 takes 1,790 to 1,796 bytes. */
const PADDED_RSA_BYTES = 1800;
const MAX_RSA_BYTES = 4096;
/** KEM keys that are kept for older mail: whoever adds one more leaves the oldest out. */
export const MAX_EARLIER_KEYS = 12;

/** The secret of an enrolled device, in bytes. */
export const DEVICE_SECRET_BYTES = 16;
/** Greatest name of a device, in bytes of UTF-8. */
export const MAX_DEVICE_NAME_BYTES = 64;
/** The slots that devices of a hardened account may have, one each. */
export const FIRST_DEVICE_SLOT = 16;
export const LAST_DEVICE_SLOT = 47;
const MAX_DEVICES = LAST_DEVICE_SLOT - FIRST_DEVICE_SLOT + 1;

/** A KEM key as stored: the private key, and the public one it belongs to. */
export interface StoredKemKey extends KemSecret {
  /** 1582 bytes. */
  publicKey: Bytes;
}

/** A device of a hardened account. */
export interface EnrolledDevice {
  /** Type of its slot in the bundle, 16 to 47. */
  readonly slot: number;
  /** As its user calls it; 1 to 64 bytes of UTF-8. */
  readonly name: string;
  /** 16 bytes: kept here so that any device can make the others' slots anew for a new password. */
  readonly secret: Bytes;
  /** ms since the epoch. */
  readonly added: number;
}

/** All private keys of a user. */
export interface KeyBundle {
  readonly kem: StoredKemKey;
  readonly signing: SigningSecret;
  /** KEM keys that older mail is sealed to, the latest first. */
  readonly earlierKem: readonly StoredKemKey[];
  /** The enrolled devices, in ascending order of their slots; none unless hardened. */
  readonly devices: readonly EnrolledDevice[];
}

export function encodeKeys(bundle: KeyBundle): Bytes {
  return encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["kem", kemToCbor(bundle.kem)],
      ["ed25519", bundle.signing.ed25519Seed],
      ["mlDsa", bundle.signing.mlDsaSeed],
      ["earlierKem", bundle.earlierKem.map(kemToCbor)],
      ["devices", bundle.devices.map(deviceToCbor)],
    ]),
  );
}

/** @throws {FormatError} */
export function decodeKeys(bytes: Bytes): KeyBundle {
  const fields = new CborFields(decodeCbor(bytes, "key bundle"), "key bundle");
  const version = fields.uint("v", VERSION);
  if (version < VERSION_WITHOUT_DEVICES) throw new FormatError("The key bundle's form is unknown.");
  const readKem = version === VERSION_WITHOUT_DEVICES ? firstKemFromCbor : kemFromCbor;
  const bundle = {
    kem: readKem(fields.fields("kem")),
    signing: {
      ed25519Seed: fields.bytes("ed25519", SEED_BYTES),
      mlDsaSeed: fields.bytes("mlDsa", SEED_BYTES),
    },
    earlierKem: fields.list("earlierKem", MAX_EARLIER_KEYS, readKem),
    devices: version === VERSION_WITHOUT_DEVICES
      ? []
      : fields.list("devices", MAX_DEVICES, deviceFromCbor),
  };
  fields.end();
  checkSlots(bundle.devices);
  return bundle;
}

function kemToCbor(key: StoredKemKey): CborMap {
  return new Map<string, CborValue>([
    ["public", key.publicKey],
    ["mlKem", key.mlkemSeed],
    ["rsa", key.rsaPkcs8],
    ["pad", rsaPadding(key)],
  ]);
}

function rsaPadding({ rsaPkcs8 }: StoredKemKey): Bytes {
  return new Uint8Array(Math.max(0, PADDED_RSA_BYTES - rsaPkcs8.length));
}

function kemFromCbor(fields: CborFields): StoredKemKey {
  const pad = fields.bytesUpTo("pad", PADDED_RSA_BYTES);
  const key = firstKemFromCbor(fields);
  if (!equalBytes(pad, rsaPadding(key))) {
    throw new FormatError("The key bundle's padding is wrong.");
  }
  return key;
}

/** A key of version 1. */
function firstKemFromCbor(fields: CborFields): StoredKemKey {
  const key = {
    publicKey: fields.bytes("public", KEM_PUBLIC_BYTES),
    mlkemSeed: fields.bytes("mlKem", MLKEM_SEED_BYTES),
    rsaPkcs8: fields.bytesUpTo("rsa", MAX_RSA_BYTES),
  };
  fields.end();
  return key;
}

function deviceToCbor(device: EnrolledDevice): CborMap {
  return new Map<string, CborValue>([
    ["slot", device.slot],
    ["name", device.name],
    ["secret", device.secret],
    ["added", device.added],
  ]);
}

function deviceFromCbor(fields: CborFields): EnrolledDevice {
  return {
    slot: fields.uint("slot", LAST_DEVICE_SLOT),
    name: fields.text("name", MAX_DEVICE_NAME_BYTES),
    secret: fields.bytes("secret", DEVICE_SECRET_BYTES),
    added: fields.uint("added"),
  };
}

/** Each device has a slot of its own. Throws FormatError. */
function checkSlots(devices: readonly EnrolledDevice[]): void {
  const inOrder = devices.every(({ slot }, i) =>
    slot >= (i === 0 ? FIRST_DEVICE_SLOT : devices[i - 1]!.slot + 1)
  );
  if (!inOrder) throw new FormatError("The key bundle's devices are not in order.");
}
