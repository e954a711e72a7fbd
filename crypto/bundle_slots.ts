/**
 * The slots of a key bundle: BK, wrapped once for each way of opening it.
 *
 * | type | slot | opened by the key | associated data |
 * | --- | --- | --- | --- |
 * | 1 | P, the password | `HKDF(exportKey(64), "bundle-P")` | `"mailsec/1 bundle-P\0" ‖ realm ‖ user` |
 * | 2 | R, the recovery code | `HKDF(code(20), "bundle-R")` | `"mailsec/1 bundle-R\0" ‖ realm ‖ user` |
 * | 3 | D, a device being enrolled | `HKDF(exportKey(64) ‖ enrolCode(16), "bundle-D")` | `"mailsec/1 bundle-D\0" ‖ realm ‖ user` |
 * | 16–47 | a device of a hardened account | `HKDF(exportKey(64) ‖ deviceSecret(16), "bundle-P")` | `"mailsec/1 bundle-device\0" ‖ realm ‖ u8 type ‖ user` |
 *
 * `wrap = XChaCha20-Poly1305(key, BK, associated data)`, 72 bytes. A hardened account has no slot P:
 * then the password opens nothing without the secret of a device, and whoever has the server's
 * database and keys cannot try passwords.
 *
 * Bytes: docs/protocol.md, 9.2.
 */

import { xchachaOpen, xchachaSeal } from "./aead.ts";
import { DEVICE_SECRET_BYTES, FIRST_DEVICE_SLOT, LAST_DEVICE_SLOT } from "./bundle_keys.ts";
import { type Bytes, concat, utf8, wipe } from "./bytes.ts";
import { ENROLMENT_CODE_BYTES } from "./enrolment_code.ts";
import { DecryptionError, FormatError, MailsecError } from "./errors.ts";
import { hkdf } from "./kdf.ts";
import {
  BUNDLE_SLOT_DEVICE,
  BUNDLE_SLOT_ENROLMENT,
  BUNDLE_SLOT_PASSWORD,
  BUNDLE_SLOT_RECOVERY,
  labelled,
} from "./labels.ts";
import { RECOVERY_CODE_BYTES } from "./recovery_code.ts";

const KEY_BYTES = 32;
const EXPORT_KEY_BYTES = 64;

/** BK, sealed under the key of a slot: nonce (24), BK (32) and tag (16). */
export const BUNDLE_WRAP_BYTES = 24 + KEY_BYTES + 16;

/** Types of slots; from FIRST_DEVICE_SLOT to LAST_DEVICE_SLOT there is one for each device. */
export const SLOT_PASSWORD = 1;
export const SLOT_RECOVERY = 2;
export const SLOT_ENROLMENT = 3;

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

/** What a device of a hardened account keeps. */
export interface DeviceSecret {
  /** Type of its slot, 16 to 47. */
  readonly slot: number;
  /** 16 bytes. */
  readonly secret: Bytes;
}

/** What a login has to open a bundle with. */
export interface BundleSecrets {
  /** OPAQUE's export key, 64 bytes. */
  readonly exportKey: Bytes;
  /** On an enrolled device of a hardened account. */
  readonly device?: DeviceSecret;
  /** On a device that is being enrolled, 16 bytes. */
  readonly enrolCode?: Bytes;
}

/** The password was right, but the account opens on its enrolled devices only. */
export class BundleLockedError extends MailsecError {
  override name = "BundleLockedError";

  constructor() {
    super("device_required", "This account can only be opened on a device that is enrolled.", {
      hint: 'Run "mailsec devices add" on an enrolled device and connect with the code it shows, ' +
        'or use "mailsec recover" with the recovery code.',
    });
  }
}

/** Whether the password alone does not open a bundle with these slots. */
export function isHardened(slots: readonly BundleSlot[]): boolean {
  return slots.every(({ type }) => type !== SLOT_PASSWORD);
}

/** Wraps BK in a slot P. */
export function wrapSlotP(
  owner: BundleOwner,
  bundleKey: Bytes,
  { exportKey }: Pick<BundleSecrets, "exportKey">,
): BundleSlot {
  return wrapped(passwordSlot(owner, exportKey), bundleKey);
}

/** Wraps BK in a slot R, for a recovery code of 20 bytes. */
export function wrapSlotR(owner: BundleOwner, bundleKey: Bytes, code: Bytes): BundleSlot {
  return wrapped(recoverySlot(owner, code), bundleKey);
}

/** Wraps BK in a slot D, for a device that is being enrolled. */
export function wrapSlotD(
  owner: BundleOwner,
  bundleKey: Bytes,
  { exportKey, enrolCode }: { exportKey: Bytes; enrolCode: Bytes },
): BundleSlot {
  return wrapped(enrolmentSlot(owner, exportKey, enrolCode), bundleKey);
}

/** Wraps BK in the slot of one device of a hardened account. */
export function wrapSlotDevice(
  owner: BundleOwner,
  bundleKey: Bytes,
  { exportKey, ...device }: DeviceSecret & { exportKey: Bytes },
): BundleSlot {
  return wrapped(deviceSlot(owner, exportKey, device), bundleKey);
}

/** BK by slot P; without one by the device's slot or the enrolment's. Errors: see `openBundle`. */
export function openWithPassword(
  owner: BundleOwner,
  slots: readonly BundleSlot[],
  { exportKey, device, enrolCode }: BundleSecrets,
): Bytes {
  if (!isHardened(slots)) return unwrapped(passwordSlot(owner, exportKey), slots)!;
  if (!slots.some(({ type }) => type === SLOT_ENROLMENT || isDeviceSlot(type))) {
    throw new FormatError("The key bundle has no slot for a password.");
  }
  const keys = [
    ...device === undefined ? [] : [deviceSlot(owner, exportKey, device)],
    ...enrolCode === undefined ? [] : [enrolmentSlot(owner, exportKey, enrolCode)],
  ];
  for (const key of keys) {
    try {
      const bundleKey = unwrapped(key, slots);
      if (bundleKey !== null) return bundleKey;
    } catch (error) {
      // A device that was removed may find its number taken by another one.
      if (!(error instanceof DecryptionError)) throw error;
    }
  }
  throw new BundleLockedError();
}

/** BK by slot R. Errors: see `openBundleWithRecovery`. */
export function openSlotR(owner: BundleOwner, slots: readonly BundleSlot[], code: Bytes): Bytes {
  const bundleKey = unwrapped(recoverySlot(owner, code), slots);
  if (bundleKey === null) throw new FormatError("The key bundle has no slot for a recovery code.");
  return bundleKey;
}

/** The key of one slot, and what is bound to it. */
interface SlotKey {
  readonly type: number;
  /** Wiped after its one use. */
  readonly key: Bytes;
  readonly data: Bytes;
}

function wrapped({ type, key, data }: SlotKey, bundleKey: Bytes): BundleSlot {
  const wrap = xchachaSeal(key, bundleKey, data);
  wipe(key);
  return { type, wrap };
}

/** Null without such a slot. */
function unwrapped({ type, key, data }: SlotKey, slots: readonly BundleSlot[]): Bytes | null {
  const slot = slots.find((each) => each.type === type);
  try {
    return slot === undefined ? null : xchachaOpen(key, slot.wrap, data);
  } finally {
    wipe(key);
  }
}

function passwordSlot({ realm, user }: BundleOwner, exportKey: Bytes): SlotKey {
  checkLength(exportKey, EXPORT_KEY_BYTES);
  const key = hkdf(exportKey, labelled(BUNDLE_SLOT_PASSWORD), KEY_BYTES);
  return { type: SLOT_PASSWORD, key, data: labelled(BUNDLE_SLOT_PASSWORD, realm, utf8(user)) };
}

function recoverySlot({ realm, user }: BundleOwner, code: Bytes): SlotKey {
  checkLength(code, RECOVERY_CODE_BYTES);
  const key = hkdf(code, labelled(BUNDLE_SLOT_RECOVERY), KEY_BYTES);
  return { type: SLOT_RECOVERY, key, data: labelled(BUNDLE_SLOT_RECOVERY, realm, utf8(user)) };
}

function enrolmentSlot({ realm, user }: BundleOwner, exportKey: Bytes, code: Bytes): SlotKey {
  checkLength(exportKey, EXPORT_KEY_BYTES);
  checkLength(code, ENROLMENT_CODE_BYTES);
  const key = keyOfBoth(exportKey, code, BUNDLE_SLOT_ENROLMENT);
  return { type: SLOT_ENROLMENT, key, data: labelled(BUNDLE_SLOT_ENROLMENT, realm, utf8(user)) };
}

function deviceSlot(
  { realm, user }: BundleOwner,
  exportKey: Bytes,
  { slot, secret }: DeviceSecret,
): SlotKey {
  checkLength(exportKey, EXPORT_KEY_BYTES);
  checkLength(secret, DEVICE_SECRET_BYTES);
  if (!isDeviceSlot(slot)) throw new RangeError(`A device cannot have slot ${slot}.`);
  // The same label as slot P: its input has another length, so the keys never meet.
  const key = keyOfBoth(exportKey, secret, BUNDLE_SLOT_PASSWORD);
  const data = labelled(BUNDLE_SLOT_DEVICE, realm, Uint8Array.of(slot), utf8(user));
  return { type: slot, key, data };
}

function keyOfBoth(exportKey: Bytes, secret: Bytes, label: string): Bytes {
  const both = concat(exportKey, secret);
  const key = hkdf(both, labelled(label), KEY_BYTES);
  wipe(both);
  return key;
}

function isDeviceSlot(type: number): boolean {
  return type >= FIRST_DEVICE_SLOT && type <= LAST_DEVICE_SLOT;
}

/** A secret of another length is a mistake of the caller: the key would be a weaker one. */
function checkLength(secret: Bytes, length: number): void {
  if (secret.length !== length) throw new RangeError(`a secret of ${length} bytes is needed`);
}
