/** All entries of a copy of the key log, by number and by name, and every root that it had. */

import { type Bytes, toHex } from "../../crypto/bytes.ts";
import {
  type IdentityEntryType,
  isIdentityEntry,
  type LogEntry,
  parseLogEntry,
} from "../../crypto/log_entry.ts";
import { leafHash, MerkleTree } from "../../crypto/merkle.ts";
import type { LogLine } from "./types.ts";

/** An entry that brought new keys of its user. */
export type IdentityEntry = LogEntry & { readonly type: IdentityEntryType };

/** What the log says about an account. */
export interface Standing {
  readonly status: "active" | "disabled" | "removed";
  readonly role: "member" | "admin";
}

export class LogIndex {
  readonly #leaves: Bytes[] = [];
  readonly #entries: LogEntry[] = [];
  readonly #tree = new MerkleTree();
  readonly #byUser = new Map<string, LogEntry[]>();

  /** Adds leaves behind those that are there. @throws {FormatError} */
  append(leaves: readonly Bytes[]): void {
    for (const leaf of leaves) {
      const entry = parseLogEntry(leaf);
      this.#leaves.push(leaf);
      this.#entries.push(entry);
      this.#tree.append(leafHash(leaf));
      const named = this.#byUser.get(entry.user);
      if (named === undefined) this.#byUser.set(entry.user, [entry]);
      else named.push(entry);
    }
  }

  get size(): number {
    return this.#leaves.length;
  }

  get leaves(): readonly Bytes[] {
    return this.#leaves;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Names that have an entry. */
  get users(): string[] {
    return [...this.#byUser.keys()];
  }

  /** The root over the first `size` entries, 32 bytes. @throws {RangeError} */
  rootAt(size: number): Bytes {
    return this.#tree.rootAt(size);
  }

  /** All entries about a user, the oldest first. */
  entriesOf(user: string): readonly LogEntry[] {
    return this.#byUser.get(user) ?? [];
  }

  /** The entries that brought keys of a user, the oldest first. */
  identitiesOf(user: string): IdentityEntry[] {
    return this.entriesOf(user).filter(isIdentityEntry);
  }

  /** The entry of a record of a user; the last, if it is there twice. */
  entryOf(user: string, recordHash: Bytes): LogEntry | undefined {
    const hash = toHex(recordHash);
    return this.entriesOf(user).findLast((entry) => toHex(entry.recordHash) === hash);
  }

  /** Status and role of a user as the entries before `seq` leave them. */
  standingOf(user: string, seq = Infinity): Standing {
    let standing: Standing = { status: "removed", role: "member" };
    for (const entry of this.entriesOf(user)) {
      if (entry.seq >= seq) break;
      standing = after(standing, entry);
    }
    return standing;
  }
}

function after(standing: Standing, { type }: LogEntry): Standing {
  switch (type) {
    case "first":
    case "reset":
      return { ...standing, status: "active" };
    case "enabled":
      return { ...standing, status: "active" };
    case "disabled":
    case "account_reset":
      return { ...standing, status: "disabled" };
    case "removed":
      return { status: "removed", role: "member" };
    case "admin_granted":
      return { ...standing, role: "admin" };
    case "admin_revoked":
      return { ...standing, role: "member" };
    case "rotate":
    case "vouch":
      return standing;
  }
}

/** An entry as it is shown. */
export function logLine({ seq, time, type, user, recordHash }: LogEntry): LogLine {
  const date = new Date(Math.min(time, 8.64e15)).toISOString();
  return { seq, time: date, type, user, recordHash: toHex(recordHash) };
}
