/**
 * The key bundle: all private keys of a user, sealed under a random key BK, which in turn is
 * wrapped in slots (bundle_slots.ts), one for each way of opening it. The server keeps it and
 * cannot open it.
 *
 * Wire: `u8 1 ‖ u32 version ‖ u8 n ‖ n × [ u8 type ‖ wrap(72) ] ‖ sealed`; slots in ascending order
 * of their type, each type once. Slots of types that a release does not know are kept as they are.
 *
 * `sealed = XChaCha20-Poly1305(BK, keys, aad = "mailsec/1 bundle\0" ‖ realm ‖ user ‖ u32 version)`,
 * where keys = `u32 length ‖ CBOR ‖ zeros` to a multiple of 512: the length of an RSA key in DER
 * varies from user to user and would tell on the network who logs in.
 *
 * The slots are not bound to the version, so that the server can add one for a device that is being
 * enrolled; whoever seals the bundle again decides which slots it has.
 *
 * Bytes: docs/protocol.md, 9.1.
 */

import { xchachaOpen, xchachaSeal } from "./aead.ts";
import { decodeKeys, encodeKeys, type KeyBundle } from "./bundle_keys.ts";
import {
  BUNDLE_WRAP_BYTES,
  type BundleOwner,
  type BundleSecrets,
  type BundleSlot,
  openSlotR,
  openWithPassword,
} from "./bundle_slots.ts";
import { ByteReader, type Bytes, ByteWriter, randomBytes, utf8, wipe } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { hkdf } from "./kdf.ts";
import { ACCOUNT_STATE, BUNDLE, INDEX, INDEX_NAME, labelled, MAILBOX } from "./labels.ts";
import { padBlob, unpadBlob } from "./padding.ts";

const WIRE_VERSION = 1;
const KEY_BYTES = 32;
const PADDING_STEP_BYTES = 512;

/** A bundle that was opened. */
export interface OpenedBundle {
  readonly bundle: KeyBundle;
  /** BK, 32 bytes. */
  readonly bundleKey: Bytes;
  readonly version: number;
  /** As they came: with the one for a device that is being enrolled, where there is one. */
  readonly slots: readonly BundleSlot[];
}

/** A fresh BK, 32 bytes. */
export function newBundleKey(): Bytes {
  return randomBytes(KEY_BYTES);
}

/**
 * Seals a bundle, with its slots put in order. `version` grows by one with every bundle that the
 * server is to keep instead of another.
 *
 * @throws {FormatError} when two slots are of one type, or a device's name is too long.
 */
export function sealBundle(
  { realm, user, bundle, bundleKey, version, slots }: BundleOwner & OpenedBundle,
): Bytes {
  const keys = encodeKeys(bundle);
  const padded = padBlob(keys, PADDING_STEP_BYTES);
  const sealedKeys = xchachaSeal(bundleKey, padded, bundleData({ realm, user }, version));
  wipe(keys, padded);
  const inOrder = slots.toSorted((one, other) => one.type - other.type);
  return encodeBundle({ version, slots: inOrder, sealedKeys });
}

/**
 * Opens a bundle with the password's export key: by slot P; without one, by this device's slot; or
 * else with the code for a device that is being enrolled.
 *
 * @throws {FormatError} when it is no bundle, or has no slot for a password.
 * @throws {BundleLockedError} when the password alone does not open it, and neither does what else
 *   was given.
 * @throws {DecryptionError} on the wrong password or owner, or a changed bundle.
 */
export function openBundle(
  { realm, user, sealed, ...secrets }: BundleOwner & BundleSecrets & { sealed: Bytes },
): OpenedBundle {
  const parsed = parseBundle(sealed);
  const owner = { realm, user };
  return opened(owner, parsed, openWithPassword(owner, parsed.slots, secrets));
}

/**
 * Opens a bundle with a recovery code (20 bytes).
 *
 * @throws {FormatError} when it is no bundle, or has no slot for a recovery code.
 * @throws {DecryptionError} on the wrong code or owner, or a changed bundle.
 */
export function openBundleWithRecovery(
  { realm, user, sealed, code }: BundleOwner & { sealed: Bytes; code: Bytes },
): OpenedBundle {
  const parsed = parseBundle(sealed);
  const owner = { realm, user };
  return opened(owner, parsed, openSlotR(owner, parsed.slots, code));
}

/** The version of a sealed bundle. @throws {FormatError} when it is no bundle. */
export function bundleVersionOf(sealed: Bytes): number {
  return parseBundle(sealed).version;
}

/**
 * A sealed bundle with one slot more, or with this one in place of that of its type: for the
 * server, which cannot open it.
 *
 * @throws {FormatError} when it is no bundle.
 */
export function withSlot(sealed: Bytes, slot: BundleSlot): Bytes {
  const parsed = parseBundle(sealed);
  const slots = [...parsed.slots.filter(({ type }) => type !== slot.type), slot]
    .sort((one, other) => one.type - other.type);
  return encodeBundle({ ...parsed, slots });
}

/** The key of the account state: `HKDF(BK, "state")`, 32 bytes. */
export function stateKey(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(ACCOUNT_STATE), KEY_BYTES);
}

/** The key of the sealed entries: `HKDF(BK, "mailbox")`, 32 bytes. */
export function mailboxKey(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(MAILBOX), KEY_BYTES);
}

/** The key of the mail index and of the search index, 32 bytes. */
export function indexKey(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(INDEX), KEY_BYTES);
}

/** The key of the names that parts of the indexes have on the server: `HKDF(BK, "index-name")`. */
export function indexNameKey(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(INDEX_NAME), KEY_BYTES);
}

/** A bundle taken apart, still sealed. */
interface SealedParts {
  readonly version: number;
  /** In ascending order of their types, each type once. */
  readonly slots: readonly BundleSlot[];
  readonly sealedKeys: Bytes;
}

function opened(owner: BundleOwner, parts: SealedParts, bundleKey: Bytes): OpenedBundle {
  const { version, slots, sealedKeys } = parts;
  const padded = xchachaOpen(bundleKey, sealedKeys, bundleData(owner, version));
  const keys = unpadBlob(padded, PADDING_STEP_BYTES, "key bundle");
  const bundle = decodeKeys(keys);
  wipe(padded, keys);
  return { bundle, bundleKey, version, slots };
}

function encodeBundle({ version, slots, sealedKeys }: SealedParts): Bytes {
  checkOrder(slots);
  const writer = new ByteWriter(8192).u8(WIRE_VERSION).u32(version).u8(slots.length);
  for (const slot of slots) writer.u8(slot.type).bytes(slot.wrap);
  return writer.bytes(sealedKeys).finish();
}

function parseBundle(bytes: Bytes): SealedParts {
  const reader = new ByteReader(bytes, "key bundle");
  if (reader.u8() !== WIRE_VERSION) throw new FormatError("The key bundle's version is not known.");
  const version = reader.u32();
  const slots: BundleSlot[] = [];
  for (let count = reader.u8(); count > 0; count--) {
    slots.push({ type: reader.u8(), wrap: reader.bytes(BUNDLE_WRAP_BYTES) });
  }
  checkOrder(slots);
  return { version, slots, sealedKeys: reader.rest() };
}

function checkOrder(slots: readonly BundleSlot[]): void {
  if (slots.some(({ type }, i) => type <= (slots[i - 1]?.type ?? 0))) {
    throw new FormatError("The key bundle's slots are not in order.");
  }
}

function bundleData({ realm, user }: BundleOwner, version: number): Bytes {
  return labelled(BUNDLE, realm, utf8(user), new ByteWriter(4).u32(version).finish());
}

// Files of their own for their length, but whoever makes or opens a bundle needs them together.
export {
  BundleLockedError,
  type BundleOwner,
  type BundleSecrets,
  type BundleSlot,
  type DeviceSecret,
  isHardened,
  SLOT_ENROLMENT,
  SLOT_PASSWORD,
  SLOT_RECOVERY,
  wrapSlotD,
  wrapSlotDevice,
  wrapSlotP,
  wrapSlotR,
} from "./bundle_slots.ts";
