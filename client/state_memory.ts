/**
 * The newest revision of an account's state that this device has accepted, on its disk.
 *
 * The server keeps the state, and every revision of it is validly sealed; only somebody who
 * remembers can tell that the one it gives is an old one, in which pins and counters are missing.
 * The limits of this are plain: a device that has no memory (a new one, or a new configuration
 * folder) must take what the server gives, as long as that was once this account's state; and what
 * another device has written since can be withheld from this one.
 *
 * `accounts/USER_MARK.json`: `{"revision": n}`, MARK being the account's (account_mark.ts),
 * hexadecimal. An account that was begun anew has another mark and begins at revision 1 again: its
 * memory is another file.
 */

import { type Bytes, toHex } from "../crypto/bytes.ts";
import { damaged, readJson, withLock, writeJson } from "./config_file.ts";
import type { RevisionMemory } from "./state_store.ts";

/** Names one account for ever. */
export interface AccountName {
  readonly user: string;
  /** See account_mark.ts, 16 bytes. */
  readonly mark: Bytes;
}

export class StateMemory implements RevisionMemory {
  readonly path: string;
  readonly #lock: string;

  /** @param directory The configuration folder. */
  constructor(directory: string, { user, mark }: AccountName) {
    const base = `${directory}/accounts/${user}_${toHex(mark)}`;
    this.path = `${base}.json`;
    this.#lock = `${base}.lock`;
  }

  /** @throws {ConfigError} when the file is unsafe or damaged. */
  async newest(): Promise<number> {
    const value = await readJson(this.path);
    if (value === null) return 0;
    const { revision } = value;
    if (!isRevision(revision)) throw damaged(this.path);
    return revision;
  }

  /** @throws {ConfigError} when the file cannot be written. */
  async remember(revision: number): Promise<void> {
    if (revision <= await this.newest()) return;
    // Another process may have seen a newer one: it looks and writes in one step, too.
    await withLock(this.#lock, async () => {
      if (revision > await this.newest()) await writeJson(this.path, { revision });
    });
  }
}

function isRevision(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
