/** What a login has opened: the user's keys, and what it takes to seal them anew. */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import {
  FIRST_DEVICE_SLOT,
  type KeyBundle,
  LAST_DEVICE_SLOT,
  type StoredKemKey,
} from "../crypto/bundle_keys.ts";
import {
  type BundleOwner,
  type BundleSlot,
  isHardened,
  type OpenedBundle,
  sealBundle,
  SLOT_ENROLMENT,
  SLOT_PASSWORD,
  SLOT_RECOVERY,
  wrapSlotDevice,
  wrapSlotP,
  wrapSlotR,
} from "../crypto/key_bundle.ts";
import { importKemPrivateKey, type KemPrivateKey } from "../crypto/composite_kem.ts";
import { importSigner, type Signer } from "../crypto/sign.ts";
import type { OwnDevice } from "./device_store.ts";

/** How much of a sealed bundle's end tells it from every other one: random, and the tag over it. */
const MARKING_BYTES = 64;

/** The user's keys, ready for use. */
export interface AccountKeys {
  /** BK, 32 bytes. */
  readonly bundleKey: Bytes;
  readonly signer: Signer;
  /** The current KEM key, then the earlier ones. */
  readonly kem: readonly KemPrivateKey[];
}

/** An opened key bundle, and what has opened it. Secret throughout. */
export interface Access extends OpenedBundle {
  readonly keys: AccountKeys;
  /** The bundle as it came. */
  readonly sealed: Bytes;
  /** Of the password, 64 bytes. */
  readonly exportKey: Bytes;
  /** This device, when it is one of the enrolled ones of a hardened account. */
  readonly device: OwnDevice | null;
}

/** What is to be different in a bundle that is sealed anew. */
export interface AccessChange {
  /** Of a new password, 64 bytes. */
  readonly exportKey?: Bytes;
  /** A new recovery code, 20 bytes. */
  readonly recoveryCode?: Bytes;
  /** Other keys or devices. */
  readonly bundle?: KeyBundle;
}

/** Imports the keys of a bundle that was opened. */
export async function openAccess(
  opened: OpenedBundle,
  { sealed, exportKey, device }: Pick<Access, "sealed" | "exportKey" | "device">,
): Promise<Access> {
  const { bundle, bundleKey } = opened;
  const own = bundle.devices.some(({ slot, secret }) =>
    slot === device?.slot && equalBytes(secret, device.secret)
  );
  const keys = { bundleKey, ...await importKeys(bundle) };
  return { ...opened, keys, sealed, exportKey, device: own ? device : null };
}

/** Whether the account is hardened and this device not one of its own: a code has opened it. */
export function isGuest({ slots, device }: Access): boolean {
  return isHardened(slots) && device === null;
}

/**
 * The bundle that is to replace the opened one: the next version, with its slots made anew. What
 * opens it is the password (with each enrolled device, where there are any) and the recovery code.
 */
export function sealChanged(owner: BundleOwner, access: Access, change: AccessChange): Bytes {
  const { bundleKey, version, slots } = access;
  const bundle = change.bundle ?? access.bundle;
  const exportKey = change.exportKey ?? access.exportKey;
  const made = passwordSlots(owner, { bundleKey, bundle, exportKey });
  if (change.recoveryCode !== undefined) {
    made.push(wrapSlotR(owner, bundleKey, change.recoveryCode));
  }
  const kept = slots.filter(({ type }) => isKept(type) && !made.some((slot) => slot.type === type));
  return sealBundle({
    ...{ ...owner, bundle, bundleKey, version: version + 1, slots: [...made, ...kept] },
  });
}

/** The slots that the password opens: P, or one for each device. */
export function passwordSlots(
  owner: BundleOwner,
  { bundleKey, bundle, exportKey }: Pick<Access, "bundleKey" | "bundle" | "exportKey">,
): BundleSlot[] {
  if (bundle.devices.length === 0) return [wrapSlotP(owner, bundleKey, { exportKey })];
  return bundle.devices.map(({ slot, secret }) =>
    wrapSlotDevice(owner, bundleKey, { exportKey, slot, secret })
  );
}

/** Whether two bundles are one and the same sealing, whatever slot the server has added. */
export function isSameSealing(one: Bytes, other: Bytes): boolean {
  return equalBytes(one.slice(-MARKING_BYTES), other.slice(-MARKING_BYTES));
}

/** Slots that stay as they are: the recovery code's, and those of a later release. */
function isKept(type: number): boolean {
  if (type === SLOT_RECOVERY) return true;
  const isDevice = type >= FIRST_DEVICE_SLOT && type <= LAST_DEVICE_SLOT;
  return type !== SLOT_PASSWORD && type !== SLOT_ENROLMENT && !isDevice;
}

async function importKeys(bundle: KeyBundle): Promise<Omit<AccountKeys, "bundleKey">> {
  const importKem = (key: StoredKemKey) => importKemPrivateKey(key, key.publicKey);
  const [signer, ...kem] = await Promise.all([
    importSigner(bundle.signing),
    ...[bundle.kem, ...bundle.earlierKem].map(importKem),
  ]);
  return { signer, kem };
}
