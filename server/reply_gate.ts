/**
 * Bounds the replies of one session that exist at once. The vault is not asked for more as long as
 * replies worth {@linkcode MAX_REPLIES_BYTES} are being made or wait for a client that does not
 * read, so such a client costs a bounded amount of memory.
 */

import { REPLY_BUDGET_BYTES } from "../protocol/limits.ts";

/** Replies being made or waiting, in bytes; a single one may always be made. */
export const MAX_REPLIES_BYTES = 4 * 1024 * 1024;
/** Expected length of a reply that has no long fields, in bytes. */
const SHORT_REPLY_BYTES = 1024;

/** Requests whose replies can be as long as the budget. */
const LONG_REPLIES = new Set(["lookup", "list", "entries", "fetch", "content", "get_state"]);

export class ReplyGate {
  readonly #unsent: () => number;
  #expected = 0;
  #waiting: (() => void)[] = [];

  /** @param unsent Bytes for the client that have not left yet. */
  constructor(unsent: () => number) {
    this.#unsent = unsent;
  }

  /** Does `work`, a request of this type, when there is room for its reply. */
  async run<T>(type: string, work: () => Promise<T>): Promise<T> {
    const expected = LONG_REPLIES.has(type) ? REPLY_BUDGET_BYTES : SHORT_REPLY_BYTES;
    while (this.#isFull(expected)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#expected += expected;
    try {
      return await work();
    } finally {
      this.#expected -= expected;
      this.changed();
    }
  }

  /** Something has left: those who wait look again. */
  changed(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #isFull(more: number): boolean {
    const now = this.#expected + this.#unsent();
    return now > 0 && now + more > MAX_REPLIES_BYTES;
  }
}
