/** How long to wait before the next attempt to connect: longer each time, and never all at once. */

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * The wait before an attempt, in ms: twice as long each time up to a minute, and of that a random
 * part between a half and the whole, so that clients whose server comes back do not come together.
 *
 * @param failed How many attempts have failed since the connection was lost.
 * @param random From 0 to below 1.
 */
export function backoffMs(failed: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failed, 10));
  return Math.round(full * (0.5 + random / 2));
}
