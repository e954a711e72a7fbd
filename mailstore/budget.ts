/**
 * The first items that together have at most `maxBytes`; at least one, when there is one. Takes at
 * most one item more than it gives, so that what does not fit is not even read.
 */
export function* withinBytes<T>(
  items: Iterable<T>,
  bytesOf: (item: T) => number,
  maxBytes = Infinity,
): Generator<T> {
  let bytes = 0;
  let isFirst = true;
  for (const item of items) {
    bytes += bytesOf(item);
    if (!isFirst && bytes > maxBytes) return;
    isFirst = false;
    yield item;
  }
}
