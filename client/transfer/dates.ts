/** Dates that files can say: from 1970 to the year 9999, in whole seconds. */

/** The end of the year 9999: what has four digits for the year can say no later date. */
const GREATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** The nearest date that files can say; 0 for what is no number. ms since the epoch. */
export function fileDate(ms: number): number {
  return Math.min(Math.max(Math.floor(ms / 1000) * 1000 || 0, 0), GREATEST_MS);
}
