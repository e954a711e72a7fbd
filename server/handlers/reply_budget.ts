import { REPLY_BUDGET_BYTES } from "../../protocol/limits.ts";

/** The first items that fit one reply together; at least one, when there is one. */
export function withinBudget<T>(items: readonly T[], bytesOf: (item: T) => number): T[] {
  let bytes = 0;
  const end = items.findIndex((item, i) => {
    bytes += bytesOf(item);
    return i > 0 && bytes > REPLY_BUDGET_BYTES;
  });
  return end < 0 ? [...items] : items.slice(0, end);
}
