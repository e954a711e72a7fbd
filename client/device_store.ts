/**
 * What this device keeps of a hardened account: which slot of the key bundle is its own, and the
 * secret that opens it together with the password. Whoever has both has the mailbox; the secret
 * alone opens nothing.
 *
 * `devices/REALM_USER.json`, 0600: `{"slot": n, "name": …, "secret": hex(16 bytes)}`, REALM being
 * the first 16 hexadecimal digits of the realm.
 */

import { type Bytes, fromHex, toHex } from "../crypto/bytes.ts";
import { DEVICE_SECRET_BYTES, FIRST_DEVICE_SLOT, LAST_DEVICE_SLOT } from "../crypto/bundle_keys.ts";
import type { BundleOwner } from "../crypto/key_bundle.ts";
import { accountFile, damaged, readJson, removeFile, writeJson } from "./config_file.ts";

/** This device, as its account's key bundle knows it. */
export interface OwnDevice {
  /** 16 to 47. */
  readonly slot: number;
  readonly name: string;
  /** 16 bytes. */
  readonly secret: Bytes;
}

export class DeviceStore {
  readonly path: string;

  /** @param directory The configuration folder. */
  constructor(directory: string, owner: BundleOwner) {
    this.path = accountFile(directory, "devices", owner);
  }

  /** Null when this device was not enrolled. @throws {ConfigError} for an unsafe or damaged file. */
  async read(): Promise<OwnDevice | null> {
    const value = await readJson(this.path);
    if (value === null) return null;
    const { slot, name, secret } = value;
    if (!isDeviceSlot(slot) || typeof name !== "string" || !isSecret(secret)) {
      throw damaged(this.path);
    }
    return { slot, name, secret: fromHex(secret) };
  }

  /** @throws {ConfigError} */
  async write({ slot, name, secret }: OwnDevice): Promise<void> {
    await writeJson(this.path, { slot, name, secret: toHex(secret) });
  }

  /** @throws {ConfigError} */
  async remove(): Promise<void> {
    await removeFile(this.path);
  }
}

function isDeviceSlot(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) &&
    value >= FIRST_DEVICE_SLOT && value <= LAST_DEVICE_SLOT;
}

function isSecret(value: unknown): value is string {
  return typeof value === "string" && value.length === 2 * DEVICE_SECRET_BYTES &&
    /^[0-9a-f]*$/.test(value);
}
