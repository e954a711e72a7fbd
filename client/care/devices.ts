/** The devices of a hardened account: which there are, one more, one less, all or none. */

import { DEVICE_SECRET_BYTES, type EnrolledDevice } from "../../crypto/bundle_keys.ts";
import { FIRST_DEVICE_SLOT, LAST_DEVICE_SLOT } from "../../crypto/bundle_keys.ts";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { type BundleOwner, isHardened } from "../../crypto/key_bundle.ts";
import type { Access } from "../access.ts";
import type { DeviceInfo, DeviceList } from "../account_care.ts";
import { systemClock } from "../clock.ts";
import type { OwnDevice } from "../device_store.ts";
import { NotFoundError } from "../errors.ts";
import type { CaredAccount } from "./cared_account.ts";
import { changeCredentials } from "./change_credentials.ts";
import { deviceName } from "./device_name.ts";

/** See AccountCare. */
export async function listDevices(account: CaredAccount): Promise<DeviceList> {
  return await account.withAccess((_, access) => Promise.resolve(deviceList(access)));
}

/** See AccountCare. */
export async function hardenAccount(account: CaredAccount, name: string): Promise<DeviceInfo> {
  await changeCredentials(account, async (access) => {
    if (isHardened(access.slots)) {
      throw new MailsecError("hardened", "This account opens on enrolled devices only already.", {
        hint: "mailsec devices list shows them.",
      });
    }
    return await withThisDevice(account, access, name);
  });
  return await thisDevice(account);
}

/** Makes this device, which a code has let in, one of the enrolled ones. */
export async function enrolThisDevice(account: CaredAccount, name: string): Promise<void> {
  await changeCredentials(account, (access) => withThisDevice(account, access, name));
}

/** See AccountCare. */
export async function relaxAccount(account: CaredAccount): Promise<void> {
  await changeCredentials(account, ({ slots, bundle }) => {
    mustBeHardened(slots);
    return Promise.resolve({ bundle: { ...bundle, devices: [] }, device: null });
  });
  await account.config.device(account).remove();
}

/** See AccountCare. */
export async function removeDevice(
  account: CaredAccount,
  which: number | string,
): Promise<DeviceInfo> {
  let removed: DeviceInfo | undefined;
  await changeCredentials(account, (access) => {
    mustBeHardened(access.slots);
    const found = findDevice(access, which);
    // Gone in between: by this very change, made on a connection that was lost.
    if (found === undefined && removed !== undefined) return Promise.resolve(null);
    if (found === undefined) throw notFound(which);
    removed = found;
    if (found.isThis) {
      throw new MailsecError("this_device", "This is the device that you are using.", {
        hint: "Remove it from another enrolled device, or let the password alone open the " +
          "account: mailsec devices harden --off",
      });
    }
    const { devices } = access.bundle;
    const left = devices.filter(({ slot }) => numberOf(slot) !== found.number);
    return Promise.resolve({ bundle: { ...access.bundle, devices: left } });
  });
  return removed!;
}

/** A fresh device for an account, in the lowest slot that is free. @throws `too_many_devices` */
export function newDevice(devices: readonly EnrolledDevice[], name: string): EnrolledDevice {
  for (let slot = FIRST_DEVICE_SLOT; slot <= LAST_DEVICE_SLOT; slot++) {
    if (devices.some((device) => device.slot === slot)) continue;
    const secret: Bytes = randomBytes(DEVICE_SECRET_BYTES);
    return { slot, name: deviceName(name), secret, added: systemClock.now() };
  }
  throw new MailsecError("too_many_devices", "This account cannot have more devices.", {
    hint: "Remove one that is not used any more: mailsec devices remove NUMBER",
  });
}

/** The devices with one more, in order of their slots. */
export function withDevice(
  devices: readonly EnrolledDevice[],
  device: EnrolledDevice,
): EnrolledDevice[] {
  return [...devices, device].sort((one, other) => one.slot - other.slot);
}

/** @throws {MailsecError} `not_hardened` */
export function mustBeHardened(slots: Access["slots"]): void {
  if (isHardened(slots)) return;
  throw new MailsecError("not_hardened", "This account opens with the password on any computer.", {
    hint: "There are no devices to add or remove. mailsec devices harden changes that.",
  });
}

export function deviceList({ slots, bundle, device }: Access): DeviceList {
  const devices = bundle.devices.map(({ slot, name, added }) => ({
    number: numberOf(slot),
    name,
    added: new Date(added).toISOString(),
    isThis: slot === device?.slot,
  }));
  return { hardened: isHardened(slots), devices };
}

/**
 * The secret is on this device's disk before the account needs it; until then, and should the
 * change fail, it opens nothing.
 */
async function withThisDevice(
  account: CaredAccount & BundleOwner,
  { bundle }: Access,
  name: string,
) {
  const made = newDevice(bundle.devices, name);
  const device: OwnDevice = { slot: made.slot, name: made.name, secret: made.secret };
  await account.config.device(account).write(device);
  return { bundle: { ...bundle, devices: withDevice(bundle.devices, made) }, device };
}

async function thisDevice(account: CaredAccount): Promise<DeviceInfo> {
  const { devices } = await listDevices(account);
  return devices.find(({ isThis }) => isThis)!;
}

function findDevice(access: Access, which: number | string): DeviceInfo | undefined {
  const { devices } = deviceList(access);
  const number = typeof which === "string" && /^\d+$/.test(which) ? Number(which) : which;
  const named = devices.filter(({ name }) => name === which);
  if (named.length > 1) {
    throw new NotFoundError(`Several devices are called "${which}".`, {
      hint: "Give the number: mailsec devices list",
    });
  }
  return named[0] ?? devices.find((device) => device.number === number);
}

function numberOf(slot: number): number {
  return slot - FIRST_DEVICE_SLOT + 1;
}

function notFound(which: number | string): NotFoundError {
  return new NotFoundError(`There is no device ${which}.`, { hint: "mailsec devices list" });
}
