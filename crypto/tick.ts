/**
 * Hides how long a secret computation took, in steps of the clock.
 *
 * Rules: docs/protocol.md, 1.8.
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
 * Does the work, and resolves or rejects as it does, but only at the next multiple of 25 ms after it
 * was begun, so that a peer who measures sees the tick and not the work. Ticks are counted from the
 * beginning and not on the clock's face: a peer who chooses the moment of a request could put the
 * clock's ticks anywhere within the work, and read its length from whether it made the next one.
 */
export async function releaseOnTick<T>(clock: Clock, work: () => T | Promise<T>): Promise<T> {
  const start = clock.now();
  try {
    return await work();
  } finally {
    // A clock that was set back must not make the wait longer than a tick.
    const elapsed = Math.max(0, clock.now() - start);
    await clock.sleep(TICK_MS - (elapsed % TICK_MS));
  }
}
