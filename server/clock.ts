import type { Clock } from "../crypto/tick.ts";

/** The time of day and the machine's timers, for those who take a clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
