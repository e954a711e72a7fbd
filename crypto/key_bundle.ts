/**
 * The key bundle: all private keys of a user, sealed under a random key BK, which in turn is
 * wrapped in slots, one for each way of opening it. The server keeps it and cannot open it.
 *
 * Wire: `u8 1 ‖ u32 version ‖ u8 n ‖ n × [ u8 type ‖ wrap(72) ] ‖ sealed`; slots in ascending order
 * of their type, each type once. Type 1 is P, the password; 2 is taken for R, a recovery code. Slots
 * of types that a release does not know are kept as they are.
 *
 * `wrap = XChaCha20-Poly1305(slot key, BK, aad = "mailsec/1 bundle-P\0" ‖ realm ‖ user)`,
 * `sealed = XChaCha20-Poly1305(BK, keys, aad = "mailsec/1 bundle\0" ‖ realm ‖ user ‖ u32 version)`,
 * where keys = `u32 length ‖ CBOR ‖ zeros` to a multiple of 512: the length of an RSA key in DER
 * varies from user to user and would tell on the network who logs in.
 */

import { xchachaOpen, xchachaSeal } from "./aead.ts";
import { ByteReader, type Bytes, ByteWriter, concat, randomBytes, utf8, wipe } from "./bytes.ts";
import { decodeKeys, encodeKeys, type KeyBundle } from "./bundle_keys.ts";
import { FormatError } from "./errors.ts";
import { hkdf } from "./kdf.ts";
import { ACCOUNT_STATE, BUNDLE, BUNDLE_SLOT_PASSWORD, labelled, MAILBOX } from "./labels.ts";
import { padBlob, unpadBlob } from "./padding.ts";

const WIRE_VERSION = 1;
const KEY_BYTES = 32;
const WRAP_BYTES = 24 + KEY_BYTES + 16;
const PADDING_STEP_BYTES = 512;

const SLOT_PASSWORD = 1;

/** One way of opening a bundle. */
export interface BundleSlot {
  readonly type: number;
  /** BK, sealed under the slot's key: 72 bytes. */
  readonly wrap: Bytes;
}

/** Whose bundle it is. */
export interface BundleOwner {
  /** 32 bytes. */
  readonly realm: Bytes;
  /** Lower case. */
  readonly user: string;
}

/** What opens slot P. */
export interface PasswordSecret {
  /** OPAQUE's export key, 64 bytes. */
  readonly exportKey: Bytes;
  /** Of a hardened account, 16 bytes; none by default. */
  readonly deviceSecret?: Bytes;
}

/** A bundle that was opened. */
export interface OpenedBundle {
  readonly bundle: KeyBundle;
  /** BK, 32 bytes. */
  readonly bundleKey: Bytes;
  readonly version: number;
  readonly slots: readonly BundleSlot[];
}

/** A fresh BK, 32 bytes. */
export function newBundleKey(): Bytes {
  return randomBytes(KEY_BYTES);
}

/** Wraps BK in a slot P. */
export function wrapSlotP(
  owner: BundleOwner,
  bundleKey: Bytes,
  secret: PasswordSecret,
): BundleSlot {
  const key = passwordSlotKey(secret);
  const wrap = xchachaSeal(key, bundleKey, slotData(owner));
  wipe(key);
  return { type: SLOT_PASSWORD, wrap };
}

/** Seals a bundle. `version` grows with every change of the keys in it. */
export function sealBundle(
  { realm, user, bundle, bundleKey, version, slots }: BundleOwner & OpenedBundle,
): Bytes {
  const keys = encodeKeys(bundle);
  const padded = padBlob(keys, PADDING_STEP_BYTES);
  const writer = new ByteWriter(8192).u8(WIRE_VERSION).u32(version).u8(slots.length);
  for (const slot of slots) writer.u8(slot.type).bytes(slot.wrap);
  writer.bytes(xchachaSeal(bundleKey, padded, bundleData({ realm, user }, version)));
  wipe(keys, padded);
  return writer.finish();
}

/**
 * Opens a bundle with the password's export key.
 *
 * @throws {FormatError} when it is no bundle, or has no slot P.
 * @throws {DecryptionError} on the wrong password, owner or device secret, or a changed bundle.
 */
export function openBundle(
  { realm, user, sealed, ...secret }: BundleOwner & PasswordSecret & { sealed: Bytes },
): OpenedBundle {
  const { version, slots, sealedKeys } = parseBundle(sealed);
  const slot = slots.find(({ type }) => type === SLOT_PASSWORD);
  if (slot === undefined) throw new FormatError("The key bundle has no slot for a password.");
  const key = passwordSlotKey(secret);
  const bundleKey = xchachaOpen(key, slot.wrap, slotData({ realm, user }));
  wipe(key);
  const padded = xchachaOpen(bundleKey, sealedKeys, bundleData({ realm, user }, version));
  const keys = unpadBlob(padded, PADDING_STEP_BYTES, "key bundle");
  const bundle = decodeKeys(keys);
  wipe(padded, keys);
  return { bundle, bundleKey, version, slots };
}

/** The key of the account state: `HKDF(BK, "state")`, 32 bytes. */
export function stateKey(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(ACCOUNT_STATE), KEY_BYTES);
}

/** The key of the sealed entries: `HKDF(BK, "mailbox")`, 32 bytes. */
export function mailboxKey(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(MAILBOX), KEY_BYTES);
}

function parseBundle(bytes: Bytes): { version: number; slots: BundleSlot[]; sealedKeys: Bytes } {
  const reader = new ByteReader(bytes, "key bundle");
  if (reader.u8() !== WIRE_VERSION) throw new FormatError("The key bundle's version is not known.");
  const version = reader.u32();
  const slots: BundleSlot[] = [];
  for (let count = reader.u8(); count > 0; count--) {
    const slot = { type: reader.u8(), wrap: reader.bytes(WRAP_BYTES) };
    if (slot.type <= (slots.at(-1)?.type ?? 0)) {
      throw new FormatError("The key bundle's slots are not in order.");
    }
    slots.push(slot);
  }
  return { version, slots, sealedKeys: reader.rest() };
}

/** `HKDF(export key ‖ device secret, "bundle-P")`. */
function passwordSlotKey({ exportKey, deviceSecret }: PasswordSecret): Bytes {
  const secret = concat(exportKey, deviceSecret ?? new Uint8Array(0));
  const key = hkdf(secret, labelled(BUNDLE_SLOT_PASSWORD), KEY_BYTES);
  wipe(secret);
  return key;
}

function slotData({ realm, user }: BundleOwner): Bytes {
  return labelled(BUNDLE_SLOT_PASSWORD, realm, utf8(user));
}

function bundleData({ realm, user }: BundleOwner, version: number): Bytes {
  return labelled(BUNDLE, realm, utf8(user), new ByteWriter(4).u32(version).finish());
}
