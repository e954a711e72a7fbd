/**
 * Parts of an account's indexes on the server, for the user's other devices: blobs, sealed as the
 * files of segment_files.ts are, in the context of the name `"shared/" ‖ NAME`. The server sees
 * neither names nor what they have in common: a blob is called HMAC-SHA-256(HKDF(BK, "index-name"),
 * NAME), of which the first 16 bytes count.
 *
 * Whoever writes last counts. What the server gives is what some device of the user has written under
 * this name, perhaps not the newest; anything else is as none.
 *
 * Bytes: docs/protocol.md, 7.2.
 */

import { type Bytes, release, toHex, utf8 } from "../../crypto/bytes.ts";
import { hmacSha256 } from "../../crypto/kdf.ts";
import { indexNameKey } from "../../crypto/key_bundle.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { getBlob, putBlob, removeBlob } from "../../protocol/messages/blobs.ts";
import type { OpenAccount } from "../account.ts";
import type { IndexSealer } from "./segment_files.ts";
import type { SegmentStore } from "./segment_store.ts";

const NAME_BYTES = 16;
/** How often in a row another device may be faster. */
const MAX_TRIES = 5;

export class SegmentBlobs implements SegmentStore {
  readonly #request: OpenAccount["request"];
  readonly #sealer: IndexSealer;
  readonly #nameKey: Bytes;
  /** Revisions that were seen last, by the name on the server, hexadecimal. */
  readonly #revisions = new Map<string, number>();

  constructor(
    { request, keys }: Pick<OpenAccount, "request" | "keys">,
    sealer: IndexSealer,
  ) {
    this.#request = request;
    this.#sealer = sealer;
    this.#nameKey = indexNameKey(keys.bundleKey);
  }

  /** @throws {ConnectError} {ServerError} */
  async read(name: string): Promise<Bytes | null> {
    const { sealed } = await this.#fetch(name);
    if (sealed === null) return null;
    const opened = await this.#sealer.open(inContext(name), sealed);
    release(sealed);
    return opened;
  }

  /**
   * @throws {ServerError} "too_large" when it is more than a blob may be, or the account has no room.
   * @throws {ConnectError}
   */
  async write(name: string, bytes: Bytes): Promise<void> {
    const sealed = await this.#sealer.seal(inContext(name), bytes);
    const blob = this.#nameOf(name);
    await this.#again(name, async (seen) => {
      const { revision } = await this.#request(putBlob, { name: blob, revision: seen, sealed });
      this.#revisions.set(toHex(blob), revision);
    });
  }

  /** @throws {ConnectError} {ServerError} */
  async remove(name: string): Promise<void> {
    const blob = this.#nameOf(name);
    await this.#again(name, async (seen) => {
      if (seen !== 0) await this.#request(removeBlob, { name: blob, revision: seen });
      this.#revisions.set(toHex(blob), 0);
    });
  }

  /** Tries with the revision that was seen last, and then with the one that is there. */
  async #again(name: string, work: (seen: number) => Promise<void>): Promise<void> {
    let seen = this.#revisions.get(toHex(this.#nameOf(name)));
    for (let tries = 1;; tries++) {
      try {
        return await work(seen ?? (await this.#fetch(name)).revision);
      } catch (error) {
        const overtaken = error instanceof ServerError && error.code === "conflict";
        if (!overtaken || tries === MAX_TRIES) throw error;
        seen = undefined;
      }
    }
  }

  async #fetch(name: string): Promise<{ revision: number; sealed: Bytes | null }> {
    const blob = this.#nameOf(name);
    const found = await this.#request(getBlob, { name: blob });
    this.#revisions.set(toHex(blob), found.revision);
    return found;
  }

  #nameOf(name: string): Bytes {
    return hmacSha256(this.#nameKey, utf8(name)).slice(0, NAME_BYTES);
  }
}

function inContext(name: string): string {
  return `shared/${name}`;
}
