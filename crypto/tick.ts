/**
 * Hides how long a secret computation took, in steps of the clock.
 */

/** Time as the pure layers see it: passed in, so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after at least `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
}

/** Results leave only at multiples of this. Longer than an RSA decryption takes (7 to 12 ms). */
export const TICK_MS = 25;

/**
 * Resolves or rejects as `work` does, but only at the next multiple of 25 ms of the clock after it
 * is done, so that a peer who measures sees the tick and not the work.
 */
export async function releaseOnTick<T>(clock: Clock, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await clock.sleep(TICK_MS - (clock.now() % TICK_MS));
  }
}
