/**
 * Parts of an account's indexes on this device's disk, sealed for the account:
 *
 * ```
 * index/REALM_USER/NAME.sealed   0600   the part, sealed as crypto/sealed_part.ts says
 * ```
 *
 * with the context `realm ‖ lp8(user) ‖ name`. Everything in there can be had
 * again from the server: a file that is missing, damaged or of another account is as none, and
 * a disk that takes nothing is no error.
 */

import { type Bytes, ByteWriter, release, toHex, utf8 } from "../../crypto/bytes.ts";
import { DecryptionError } from "../../crypto/errors.ts";
import { type BundleOwner, indexKey } from "../../crypto/key_bundle.ts";
import { openPart, sealPart } from "../../crypto/sealed_part.ts";
import { writeBytes } from "../config_file.ts";
import { ConfigError } from "../errors.ts";
import type { SegmentStore } from "./segment_store.ts";

const NAMED_REALM_DIGITS = 16;

/** Seals parts of the indexes for one account. */
export class IndexSealer {
  readonly #key: Bytes;
  readonly #owner: BundleOwner;

  constructor(bundleKey: Bytes, owner: BundleOwner) {
    this.#key = indexKey(bundleKey);
    this.#owner = owner;
  }

  seal(name: string, bytes: Bytes): Promise<Bytes> {
    return sealPart(this.#key, this.#context(name), bytes);
  }

  /** Null for anything that was not sealed for this account under this name. */
  async open(name: string, sealed: Bytes): Promise<Bytes | null> {
    try {
      return await openPart(this.#key, this.#context(name), sealed);
    } catch (error) {
      if (error instanceof DecryptionError) return null;
      throw error;
    }
  }

  #context(name: string): Bytes {
    const { realm, user } = this.#owner;
    return new ByteWriter().bytes(realm).lp8(utf8(user)).bytes(utf8(name)).finish();
  }
}

export class SegmentFiles implements SegmentStore {
  readonly folder: string;
  readonly #sealer: IndexSealer;

  /** @param directory The configuration folder. */
  constructor(directory: string, owner: BundleOwner, sealer: IndexSealer) {
    const realm = toHex(owner.realm).slice(0, NAMED_REALM_DIGITS);
    this.folder = `${directory}/index/${realm}_${owner.user}`;
    this.#sealer = sealer;
  }

  async read(name: string): Promise<Bytes | null> {
    try {
      const sealed = await Deno.readFile(this.#path(name));
      const opened = await this.#sealer.open(name, sealed);
      release(sealed);
      return opened;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || isOfDisk(error)) return null;
      throw error;
    }
  }

  async write(name: string, bytes: Bytes): Promise<void> {
    const sealed = await this.#sealer.seal(name, bytes);
    try {
      await writeBytes(this.#path(name), sealed);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await Deno.remove(this.#path(name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || isOfDisk(error))) throw error;
    }
  }

  #path(name: string): string {
    return `${this.folder}/${name.replaceAll("/", "-")}.sealed`;
  }
}

/** Whether an error is the file system's, and not ours. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && Object.values(Deno.errors).some((type) => error instanceof type);
}
