/**
 * Works on several items at once and yields the results in the order of the items, with a bound on
 * what is under way: so many items, and so much weight together (a single heavier one is let
 * through alone). Items are taken from their source only when there is room for them.
 *
 * When one fails, so does the iteration, at that item's turn, after those under way have ended.
 */

export interface Bounds<Item> {
  readonly atOnce: number;
  /** In the unit of `weightOf`. */
  readonly maxWeight: number;
  weightOf(item: Item): number;
}

interface UnderWay<Result> {
  readonly result: Promise<Result>;
  readonly weight: number;
}

export async function* inOrderBounded<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  { atOnce, maxWeight, weightOf }: Bounds<Item>,
): AsyncGenerator<Result, void, void> {
  const underWay: UnderWay<Result>[] = [];
  let weight = 0;
  const first = async () => {
    const oldest = underWay.shift()!;
    weight -= oldest.weight;
    return await oldest.result;
  };
  try {
    for await (const item of items) {
      const more = weightOf(item);
      while (underWay.length >= atOnce || (underWay.length > 0 && weight + more > maxWeight)) {
        yield await first();
      }
      const result = work(item);
      // Its failure is told at its turn; until then it must not count as unhandled.
      result.catch(() => {});
      underWay.push({ result, weight: more });
      weight += more;
    }
    while (underWay.length > 0) yield await first();
  } finally {
    await Promise.allSettled(underWay.map(({ result }) => result));
  }
}
