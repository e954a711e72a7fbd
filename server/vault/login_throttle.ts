/**
 * Slows down guessing of passwords, a user name at a time, whether such a user exists or not.
 *
 * A client knows whether a password was right as soon as it has KE2, so every KE2 counts as a failed
 * try, durably and before it is handed out, until a valid KE3 takes that one try back. The first
 * {@linkcode FREE_TRIES} cost nothing; each further one blocks the name for a delay that doubles up
 * to {@linkcode MAX_DELAY_MS}. A name is never locked for good, and one that has been left alone for
 * {@linkcode FORGET_AFTER_MS} starts anew (the longest delay allows more tries in that time than
 * starting anew does, so a guesser gains nothing by waiting).
 *
 * Rules: docs/protocol.md, 8.2.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { toHex } from "../../crypto/bytes.ts";
import type { AccountStore, Attempts } from "../../mailstore/store.ts";

export const FREE_TRIES = 5;
export const FIRST_DELAY_MS = 1000;
export const MAX_DELAY_MS = 15 * 60_000;
export const FORGET_AFTER_MS = 24 * 60 * 60_000;

/** A try that has been counted. */
export interface CountedTry {
  readonly tag: Bytes;
  readonly before: Attempts;
  readonly after: Attempts;
}

type AttemptStore = Pick<AccountStore, "attempts" | "saveAttempts">;

/** Counts tries in the store, so that they survive a restart. */
export class LoginThrottle {
  readonly #store: AttemptStore;
  readonly #now: () => number;
  /** The last change of each name under way; changes of one name happen one after another. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /** @param now Time of day in ms since the epoch. */
  constructor(store: AttemptStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Counts a try before it is made. Null: the name is blocked, nothing was counted. */
  begin(tag: Bytes): Promise<CountedTry | null> {
    return this.#inTurn(tag, async () => {
      const now = this.#now();
      const known = await this.#known(tag, now);
      if (now < known.blockedUntil) return null;
      const before = now - known.blockedUntil >= FORGET_AFTER_MS
        ? { failed: 0, blockedUntil: 0 }
        : known;
      const failed = before.failed + 1;
      const after = { failed, blockedUntil: now + delayAfter(failed) };
      await this.#store.saveAttempts(tag, after);
      return { tag, before, after };
    });
  }

  /** The try ended in a login: takes it back, and the delay it caused, but no other try. */
  succeeded({ tag, before, after }: CountedTry): Promise<void> {
    return this.#inTurn(tag, async () => {
      const { failed, blockedUntil } = await this.#store.attempts(tag);
      await this.#store.saveAttempts(tag, {
        failed: Math.max(0, failed - 1),
        blockedUntil: blockedUntil === after.blockedUntil ? before.blockedUntil : blockedUntil,
      });
    });
  }

  /**
   * What is known of a name. A delay longer than the longest is from before the clock was set back:
   * it is shortened for good, else it would begin anew with every look.
   */
  async #known(tag: Bytes, now: number): Promise<Attempts> {
    const known = await this.#store.attempts(tag);
    if (known.blockedUntil <= now + MAX_DELAY_MS) return known;
    const shortened = { ...known, blockedUntil: now + MAX_DELAY_MS };
    await this.#store.saveAttempts(tag, shortened);
    return shortened;
  }

  async #inTurn<T>(tag: Bytes, work: () => Promise<T>): Promise<T> {
    const name = toHex(tag);
    const turn = (this.#queues.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.then(() => {}, () => {});
    this.#queues.set(name, settled);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    }
  }
}

/** How long a name is blocked after its so-many-th failed try, in ms. */
export function delayAfter(failed: number): number {
  if (failed <= FREE_TRIES) return 0;
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(40, failed - FREE_TRIES - 1));
}
