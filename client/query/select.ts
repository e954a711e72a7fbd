/** The mails that a query means, in an order. */

import type { MailIndex } from "../index/mail_index.ts";
import type { MailRow } from "../index/mail_row.ts";
import type { SortKey } from "../mailbox_types.ts";
import { matches, type MatchWorld } from "./match.ts";
import { namesFolder, nodesOf, type Query, searchesText } from "./query.ts";

type TextNode = Extract<Query, { kind: "text" }>;

/** The index, as far as this needs it. */
export type SelectedIndex = Pick<MailIndex, "indexes" | "newestFirst" | "row" | "load">;

export interface SelectOptions extends Pick<MatchWorld, "me" | "folder"> {
  /** Finds the mails that a text is in, with how well it fits. */
  find(text: TextNode): Promise<ReadonlyMap<number, number>>;
  /** "date" (newest first) unless told. */
  readonly sort?: SortKey;
  readonly reverse?: boolean;
  /** Ends after so many when they come in order of date. */
  readonly limit?: number;
}

/** The mails that a query means, by index; their lines have been read. */
export async function selectMails(
  query: Query,
  index: SelectedIndex,
  options: SelectOptions,
): Promise<number[]> {
  const { sort = "date", reverse = false, limit = Infinity } = options;
  const found = await findTexts(query, options);
  const world: MatchWorld = {
    ...{ me: options.me, folder: options.folder },
    found: (text) => found.get(text) ?? NONE,
  };
  const chosen: number[] = [];
  const required = requiredIn(query, found);
  const isByDate = sort === "date";
  const ends = isByDate ? limit : Infinity;
  for await (
    const some of piecesOf(index, { isShort: ends < Infinity, reverse: isByDate && reverse })
  ) {
    for (const number of some) {
      if (chosen.length >= ends) return chosen;
      if (required?.has(number) === false) continue;
      const row = index.row(number);
      if (row !== undefined && matches(query, row, world)) chosen.push(number);
    }
  }
  if (isByDate) return chosen;
  const rank = (number: number) => sum(found, number);
  const sorted = SORTED[sort](chosen, (number) => index.row(number), rank);
  if (reverse) sorted.reverse();
  return sorted.slice(0, limit);
}

/** Mails of which each has to be one, if a text is looked for in any case. */
function requiredIn(
  query: Query,
  found: ReadonlyMap<TextNode, ReadonlyMap<number, number>>,
): ReadonlyMap<number, number> | undefined {
  const parts = query.kind === "and" ? query.of : [query];
  const nodes = parts.flatMap((part) => part.kind === "text" ? found.get(part)! : []);
  return nodes.sort((a, b) => a.size - b.size)[0];
}

/** The indexes in order of date: in pieces, if it may be that the first of them are enough. */
async function* piecesOf(
  index: SelectedIndex,
  { isShort, reverse }: { isShort: boolean; reverse: boolean },
): AsyncGenerator<readonly number[]> {
  if (isShort && !reverse) return yield* index.newestFirst();
  await index.load();
  yield reverse ? index.indexes().toReversed() : index.indexes();
}

const NONE: ReadonlyMap<number, number> = new Map();

async function findTexts(
  query: Query,
  { find }: Pick<SelectOptions, "find">,
): Promise<Map<TextNode, ReadonlyMap<number, number>>> {
  const found = new Map<TextNode, ReadonlyMap<number, number>>();
  for (const node of nodesOf(query)) if (node.kind === "text") found.set(node, await find(node));
  return found;
}

function sum(found: ReadonlyMap<TextNode, ReadonlyMap<number, number>>, index: number): number {
  let total = 0;
  for (const ranks of found.values()) total += ranks.get(index) ?? 0;
  return total;
}

const collator = new Intl.Collator("en", { sensitivity: "base", numeric: true });

type Sorted = (
  indexes: readonly number[],
  row: (index: number) => MailRow | undefined,
  rank: (index: number) => number,
) => number[];

/** From A on, the greatest, the best fitting first; else the newest. Mails come newest first. */
const SORTED: Readonly<Record<SortKey, Sorted>> = {
  date: (indexes) => [...indexes],
  sender: (indexes, row) => sortedBy(indexes, (index) => row(index)?.from ?? "", collator.compare),
  title: (indexes, row) => sortedBy(indexes, (index) => row(index)?.title ?? "", collator.compare),
  size: (indexes, row) => sortedBy(indexes, (index) => row(index)?.size ?? 0, greatestFirst),
  relevance: (indexes, _, rank) => sortedBy(indexes, rank, greatestFirst),
};

const greatestFirst = (a: number, b: number) => b - a;

/** Keeps the order of those with the same key. */
function sortedBy<T>(
  indexes: readonly number[],
  keyOf: (index: number) => T,
  compare: (a: T, b: T) => number,
): number[] {
  const keys = indexes.map(keyOf);
  const places = indexes.map((_, place) => place);
  return places.sort((a, b) => compare(keys[a]!, keys[b]!)).map((place) => indexes[place]!);
}

/**
 * What a list shows for a query that does not say where to look: the inbox; for words anywhere in
 * mails everything but the trash and the drafts.
 */
export function withDefaultFolder(query: Query, folder?: string): Query {
  if (folder !== undefined) return both({ kind: "in", folder }, query);
  if (namesFolder(query)) return query;
  if (!searchesText(query)) return both({ kind: "in", folder: "inbox" }, query);
  return both({ kind: "not", of: { kind: "in", folder: "trash" } }, query);
}

function both(one: Query, other: Query): Query {
  return other.kind === "all" ? one : { kind: "and", of: [one, other] };
}
