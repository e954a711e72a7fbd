/** Time, for the layers below that must not look at it themselves. */

import type { Clock } from "../crypto/tick.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
