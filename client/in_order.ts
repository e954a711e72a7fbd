/**
 * Does something for each item, several at once, and yields the results in the order of the items.
 * Items are begun in order. When one fails, so does the iteration, at that item's turn; those
 * begun after it are left to end by themselves.
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce: number,
): AsyncGenerator<Result, void, void> {
  const underWay: Promise<Result>[] = [];
  let begun = 0;
  while (begun < items.length || underWay.length > 0) {
    while (begun < items.length && underWay.length < atOnce) {
      const result = work(items[begun++]!);
      // Its failure is told at its turn; until then it must not count as unhandled.
      result.catch(() => {});
      underWay.push(result);
    }
    yield await underWay.shift()!;
  }
}
