/** Which mails an action is for: `3 5-8`, or a query. */

/** Indexes and ranges of them, both ends included. */
export type Chosen =
  | { readonly kind: "indexes"; readonly ranges: readonly Range[] }
  | { readonly kind: "query"; readonly text: string }
  | { readonly kind: "none" };

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** `3`, `5-8`, `5..8`; separated by blanks or commas. */
const NUMBERS =
  /^\d{1,15}(?:\s*(?:-|\.\.)\s*\d{1,15})?(?:[\s,]+\d{1,15}(?:\s*(?:-|\.\.)\s*\d{1,15})?)*$/;
const RANGE = /(\d+)(?:\s*(?:-|\.\.)\s*(\d+))?/g;

/** What the answer chooses. A range the wrong way round is put right. */
export function parseWhich(answer: string): Chosen {
  const text = answer.trim();
  if (text === "") return { kind: "none" };
  if (!NUMBERS.test(text)) return { kind: "query", text };
  const ranges = Array.from(text.matchAll(RANGE), ([, from, to = from]) => {
    const [a, b] = [Number(from), Number(to)];
    return { first: Math.min(a, b), last: Math.max(a, b) };
  });
  return { kind: "indexes", ranges };
}

/** The same in the query language. */
export function rangesQuery(ranges: readonly Range[]): string {
  const words = ranges.map(({ first, last }) =>
    first === last ? `index:${first}` : `index:${first}..${last}`
  );
  return words.length === 1 ? words[0]! : `(${words.join(" OR ")})`;
}
