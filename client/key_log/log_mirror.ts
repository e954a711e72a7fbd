/**
 * This client's copy of the key log: the head that it has verified, and on demand all entries.
 *
 * Invariant: the known head only moves on to heads that continue it, as fetchLog has computed; what
 * is stored is never put back, whatever another process of this device has stored meanwhile.
 *
 * Rules: docs/protocol.md, 13.5.
 */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { type LogContradiction, type LogUpdate } from "./fetch_log.ts";
import { LogIndex } from "./log_index.ts";
import { type MirrorHead, type MirrorStorage, NO_HEAD, storedLength } from "./mirror_storage.ts";

/** Fetches the log behind a known head; see fetchLog. */
export type FetchLog = (
  known: MirrorHead,
  sizes?: readonly number[],
) => Promise<LogUpdate | LogContradiction>;

/** Two heads that both count and do not go together. */
export interface Conflict {
  readonly known: MirrorHead;
  readonly other: { readonly size: number; readonly root: Bytes; readonly note: string };
}

export class LogMirror {
  readonly #storage: MirrorStorage;
  readonly #fetch: FetchLog;
  #known: MirrorHead;
  #index: Promise<LogIndex | Conflict> | null = null;

  private constructor(storage: MirrorStorage, fetch: FetchLog, known: MirrorHead) {
    this.#storage = storage;
    this.#fetch = fetch;
    this.#known = known;
  }

  /** @throws {ConfigError} */
  static async open(storage: MirrorStorage, fetch: FetchLog): Promise<LogMirror> {
    return new LogMirror(storage, fetch, await storage.head());
  }

  /** The newest verified head. */
  get known(): MirrorHead {
    return this.#known;
  }

  /**
   * All entries up to the known head. A damaged copy is fetched again: then the server must still
   * have a log that the known head is of.
   */
  async entries(): Promise<LogIndex | Conflict> {
    this.#index ??= this.#load();
    try {
      return await this.#index;
    } catch (error) {
      this.#index = null;
      throw error;
    }
  }

  /**
   * Takes what fetchLog has found behind the known head, and stores it.
   *
   * @returns what stands against it: another process has verified another log; null as a rule.
   */
  async take({ head, leaves, peaks }: LogUpdate): Promise<Conflict | null> {
    const before = this.#known;
    const { size, root, note } = head;
    if (leaves.length === 0) return null;
    const next = { size, root, note, peaks, bytes: before.bytes + storedLength(leaves) };
    const conflict = await this.#store(before, leaves, next);
    if (conflict !== null) return conflict;
    this.#known = next;
    this.#index &&= this.#index.then((index) => {
      if (index instanceof LogIndex) index.append(leaves);
      return index;
    });
    return null;
  }

  /** Takes a log from its very beginning in place of the known one, which it may contradict. */
  async restart({ head, leaves, peaks }: LogUpdate): Promise<void> {
    const { size, root, note } = head;
    const next = { size, root, note, peaks, bytes: storedLength(leaves) };
    await this.#storage.locked(() => this.#storage.append(NO_HEAD, leaves, next));
    this.#known = next;
    this.#index = null;
  }

  async #store(
    before: MirrorHead,
    leaves: readonly Bytes[],
    next: MirrorHead,
  ): Promise<Conflict | null> {
    for (;;) {
      const stored = await this.#storage.head();
      // Before the lock is taken: a damaged copy is mended under it, too.
      const joint = isSame(stored, before) ? null : await this.#joint(stored, leaves, next);
      if (joint !== null && !(joint instanceof LogIndex)) return joint;
      const done = await this.#storage.locked(async () => {
        if (!isSame(await this.#storage.head(), stored)) return false;
        if (stored.size >= next.size) return true;
        const missing = joint === null ? leaves : joint.leaves.slice(stored.size);
        await this.#storage.append(stored, missing, next);
        return true;
      });
      if (done) return null;
    }
  }

  /** What another process has stored together with what was found here, when the two agree. */
  async #joint(
    stored: MirrorHead,
    leaves: readonly Bytes[],
    next: MirrorHead,
  ): Promise<LogIndex | Conflict> {
    const mine = await this.entries();
    if (!(mine instanceof LogIndex)) return mine;
    const isTheirs = stored.size > next.size;
    const joint = new LogIndex();
    joint.append(isTheirs ? await this.#storage.leaves(stored) : [...mine.leaves, ...leaves]);
    const agree = joint.size >= Math.max(stored.size, next.size) &&
      equalBytes(joint.rootAt(stored.size), stored.root) &&
      equalBytes(joint.rootAt(next.size), next.root);
    return agree ? joint : { known: stored, other: next };
  }

  async #load(): Promise<LogIndex | Conflict> {
    const known = this.#known;
    const index = indexOf(await this.#storage.leaves(known), known);
    if (index !== null) return index;
    const update = await this.#fetch(NO_HEAD, [known.size]);
    if (update.outcome !== "continues") return { known, other: update.head };
    const root = update.roots.get(known.size);
    if (root === undefined || !equalBytes(root, known.root)) return { known, other: update.head };
    const leaves = update.leaves.slice(0, known.size);
    await this.#storage.locked(async () => {
      const stored = await this.#storage.head();
      if (isSame(stored, known)) await this.#storage.append(NO_HEAD, leaves, known);
    });
    return indexOf(leaves, known)!;
  }
}

/** The entries, when they add up to the head. */
function indexOf(leaves: readonly Bytes[], head: MirrorHead): LogIndex | null {
  const index = new LogIndex();
  try {
    index.append(leaves);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
  const isWhole = index.size === head.size && equalBytes(index.rootAt(index.size), head.root);
  return isWhole ? index : null;
}

function isSame(a: MirrorHead, b: MirrorHead): boolean {
  return a.size === b.size && equalBytes(a.root, b.root);
}
