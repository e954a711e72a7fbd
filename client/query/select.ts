/** The mails that a query means, in an order. */

import type { MailIndex } from "../index/mail_index.ts";
import type { MailRow } from "../index/mail_row.ts";
import type { SortKey } from "../mailbox_types.ts";
import { matches, type MatchWorld } from "./match.ts";
import { namesFolder, nodesOf, type Query, searchesText } from "./query.ts";

type TextNode = Extract<Query, { kind: "text" }>;

/** The index, as far as this needs it. */
export type SelectedIndex = Pick<MailIndex, "indexes" | "row">;

export interface SelectOptions extends Pick<MatchWorld, "me" | "folder"> {
  /** Finds the mails that a text is in, with how well it fits. */
  find(text: TextNode): Promise<ReadonlyMap<number, number>>;
  /** "date" (newest first) unless told. */
  readonly sort?: SortKey;
  readonly reverse?: boolean;
  /** Ends after so many when they come in order of date. */
  readonly limit?: number;
}

/** The lines of the mails that a query means. */
export async function selectMails(
  query: Query,
  index: SelectedIndex,
  options: SelectOptions,
): Promise<MailRow[]> {
  const { sort = "date", reverse = false, limit = Infinity } = options;
  const found = await findTexts(query, options);
  const world: MatchWorld = {
    ...{ me: options.me, folder: options.folder },
    found: (text) => found.get(text) ?? NONE,
  };
  const order = index.indexes();
  const rows: MailRow[] = [];
  const isByDate = sort === "date";
  for (let i = 0; i < order.length; i++) {
    if (isByDate && rows.length >= limit) break;
    const row = index.row(order[isByDate && reverse ? order.length - 1 - i : i]!);
    if (row !== undefined && matches(query, row, world)) rows.push(row);
  }
  if (isByDate) return rows;
  const rank = (row: MailRow) => sum(found, row.index);
  rows.sort((a, b) => ORDER[sort](a, b, rank));
  if (reverse) rows.reverse();
  return rows.slice(0, limit);
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

type Order = (a: MailRow, b: MailRow, rank: (row: MailRow) => number) => number;

/** From A on, the greatest, the best fitting first; else the newest. Rows come newest first. */
const ORDER: Readonly<Record<SortKey, Order>> = {
  date: () => 0,
  sender: (a, b) => collator.compare(a.from, b.from),
  title: (a, b) => collator.compare(a.title, b.title),
  size: (a, b) => b.size - a.size,
  relevance: (a, b, rank) => rank(b) - rank(a),
};

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
