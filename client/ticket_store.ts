/**
 * The login ticket of an account on this device: with it the server does not keep the owner waiting
 * when strangers have guessed at the password. It opens nothing.
 *
 * `tickets/REALM_USER.json`, 0600: `{"ticket": hex(48 bytes)}`, REALM as in device_store.ts. A file
 * that cannot be used counts as none: a login must not fail for it.
 */

import { type Bytes, fromHex, toHex } from "../crypto/bytes.ts";
import type { BundleOwner } from "../crypto/key_bundle.ts";
import { accountFile, readJson, writeJson } from "./config_file.ts";
import { ConfigError } from "./errors.ts";

const TICKET_BYTES = 48;

export class TicketStore {
  readonly #path: string;

  /** @param directory The configuration folder. */
  constructor(directory: string, owner: BundleOwner) {
    this.#path = accountFile(directory, "tickets", owner);
  }

  async read(): Promise<Bytes | null> {
    try {
      const ticket = (await readJson(this.#path))?.ticket;
      if (typeof ticket !== "string" || !/^[0-9a-f]*$/.test(ticket)) return null;
      return ticket.length === 2 * TICKET_BYTES ? fromHex(ticket) : null;
    } catch (error) {
      if (error instanceof ConfigError) return null;
      throw error;
    }
  }

  /** @throws {ConfigError} */
  async write(ticket: Bytes): Promise<void> {
    await writeJson(this.#path, { ticket: toHex(ticket) });
  }
}
