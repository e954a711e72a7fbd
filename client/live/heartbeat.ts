/**
 * Finds out that the other end is gone when the network does not say so: asks every interval, and
 * what was not answered by the next time is taken for lost. So a dead link is noticed within two
 * intervals.
 */

export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** Asks; resolves with the answer, whatever it is, and may reject when there will be none. */
  ping(): Promise<unknown>;
  onDead(): void;
  /** For tests; those of the system unless given. */
  readonly timers?: {
    set(work: () => void, ms: number): unknown;
    clear(timer: unknown): void;
  };
}

const SYSTEM_TIMERS: NonNullable<HeartbeatOptions["timers"]> = {
  set(work, ms) {
    const timer = setInterval(work, ms);
    Deno.unrefTimer(timer);
    return timer;
  },
  clear: (timer) => clearInterval(timer as number),
};

export class Heartbeat {
  readonly #timers: NonNullable<HeartbeatOptions["timers"]>;
  readonly #timer: unknown;

  constructor({ intervalMs, ping, onDead, timers = SYSTEM_TIMERS }: HeartbeatOptions) {
    this.#timers = timers;
    let answered = true;
    this.#timer = timers.set(() => {
      if (!answered) {
        this.stop();
        return onDead();
      }
      answered = false;
      ping().then(() => answered = true, () => undefined);
    }, intervalMs);
  }

  stop(): void {
    this.#timers.clear(this.#timer);
  }
}
