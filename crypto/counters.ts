/**
 * Which counters of a sender's mails were seen, as a sorted list of disjoint inclusive ranges
 * `[first, last, first, last, …]`, none touching the next. A replayed counter is recognised and a
 * missing one noticed, in whatever order mails are looked at.
 *
 * Rules: docs/protocol.md, 11.
 */

/** Greatest number of ranges kept for one sender. */
export const MAX_COUNTER_RANGES = 32;

/** Flat pairs of first and last counter. */
export type CounterRanges = readonly number[];

/** Whether `counter` was seen. */
export function counterSeen(ranges: CounterRanges, counter: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (counter >= ranges[i]! && counter <= ranges[i + 1]!) return true;
  }
  return false;
}

/** Whether a counter between the highest one seen and this one is missing. Counters begin at 1. */
export function counterLeavesGap(ranges: CounterRanges, counter: number): boolean {
  return counter > (ranges.at(-1) ?? 0) + 1;
}

/** Whether all counters from 1 to the highest one were seen. */
export function areWithoutGap(ranges: CounterRanges): boolean {
  return ranges.length === 0 || (ranges.length === 2 && ranges[0] === 1);
}

/**
 * The ranges with `counter` among the seen. When there would be too many ranges, the lowest gap
 * counts as seen: a mail that late is taken for a replay rather than a replay for a mail.
 */
export function withCounter(ranges: CounterRanges, counter: number): CounterRanges {
  if (counterSeen(ranges, counter)) return ranges;
  const pairs: [number, number][] = [[counter, counter]];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const pair of pairs) {
    const last = merged.at(-1);
    if (last !== undefined && pair[0] === last[1] + 1) last[1] = pair[1];
    else merged.push([...pair]);
  }
  if (merged.length > MAX_COUNTER_RANGES) {
    const [lowest, next] = merged.splice(0, 2) as [[number, number], [number, number]];
    merged.unshift([lowest[0], next[1]]);
  }
  return merged.flat();
}

/** Whether this is a list that {@linkcode withCounter} can have made. */
export function areCounterRanges(numbers: readonly number[]): boolean {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_COUNTER_RANGES) return false;
  return numbers.every((value, i) => {
    const before = numbers[i - 1];
    if (before === undefined) return value >= 1;
    return i % 2 === 1 ? value >= before : value > before + 1;
  });
}
