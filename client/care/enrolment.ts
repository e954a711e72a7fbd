/** Letting one more device into a hardened account, with a code that is carried there by hand. */

import { FIRST_DEVICE_SLOT, LAST_DEVICE_SLOT } from "../../crypto/bundle_keys.ts";
import { formatEnrolmentCode, newEnrolmentCode } from "../../crypto/enrolment_code.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { wrapSlotD } from "../../crypto/key_bundle.ts";
import { MAX_ENROLMENT_MS } from "../../protocol/limits.ts";
import { enrolDevice } from "../../protocol/messages/enrol_device.ts";
import type { Access } from "../access.ts";
import type { AddDeviceOptions, DeviceInfo } from "../account_care.ts";
import { systemClock } from "../clock.ts";
import type { SessionEvents } from "../session_events.ts";
import type { CaredAccount } from "./cared_account.ts";
import { deviceList, listDevices, mustBeHardened } from "./devices.ts";

const MAX_DEVICES = LAST_DEVICE_SLOT - FIRST_DEVICE_SLOT + 1;

/** See AccountCare. */
export async function addDevice(
  account: CaredAccount,
  { onCode, signal }: AddDeviceOptions,
): Promise<DeviceInfo | null> {
  const { realm, user } = account;
  const enrolCode = newEnrolmentCode();
  const expires = systemClock.now() + MAX_ENROLMENT_MS;
  const before = await account.withAccess(async (session, access) => {
    mustHaveRoom(access);
    const { bundleKey, exportKey } = access;
    const { wrap } = wrapSlotD({ realm, user }, bundleKey, { exportKey, enrolCode });
    await session.request(enrolDevice, { wrap, expires });
    return deviceList(access).devices;
  });
  const known = new Set(before.map(({ number }) => number));
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), MAX_ENROLMENT_MS);
  const ends = new SessionEnds(account.events);
  try {
    const code = formatEnrolmentCode(enrolCode);
    await onCode({ code, expires: new Date(expires).toISOString() });
    const waiting = AbortSignal.any([over.signal, ...signal === undefined ? [] : [signal]]);
    return await newDeviceAmong(account, { known, ends, waiting });
  } finally {
    clearTimeout(timer);
    ends.stop();
    // It ends by itself, too: that must not hide why we are here.
    await account.request(enrolDevice, { wrap: null, expires }).catch(() => undefined);
  }
}

/**
 * The device that was not known before. A device that is enrolled changes the key bundle, and with
 * that the server ends our session: then it is time to look.
 */
async function newDeviceAmong(
  account: CaredAccount,
  { known, ends, waiting }: { known: Set<number>; ends: SessionEnds; waiting: AbortSignal },
): Promise<DeviceInfo | null> {
  while (await ends.next(waiting)) {
    await account.reopen();
    const { devices } = await listDevices(account);
    const added = devices.find(({ number }) => !known.has(number));
    if (added !== undefined) return added;
  }
  return null;
}

function mustHaveRoom(access: Access): void {
  mustBeHardened(access.slots);
  if (access.bundle.devices.length < MAX_DEVICES) return;
  throw new MailsecError("too_many_devices", "This account cannot have more devices.", {
    hint: "Remove one that is not used any more: mailsec devices remove NUMBER",
  });
}

/** Counts ends of sessions, so that none is missed. */
class SessionEnds {
  readonly stop: () => void;
  #ended = 0;
  #wake: () => void = () => {};

  constructor(events: SessionEvents) {
    this.stop = events.onClosed(() => {
      this.#ended++;
      this.#wake();
    });
  }

  /** True after the next end; false when the waiting is over. */
  async next(waiting: AbortSignal): Promise<boolean> {
    if (this.#ended === 0 && !waiting.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const wake = () => resolve();
      waiting.addEventListener("abort", wake, { once: true });
      await promise;
      waiting.removeEventListener("abort", wake);
    }
    if (this.#ended === 0) return false;
    this.#ended = 0;
    return true;
  }
}
