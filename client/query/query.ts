/** What a query says, as a tree. The language: docs/query.md. */

import type { MailKind } from "../../crypto/entry_fields.ts";
import type { Flag } from "../index/mail_row.ts";
import type { SearchTerm } from "../search/types.ts";

/** A span of times, ms since the epoch: `from` counts, `to` does not. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export type Query =
  | { readonly kind: "all" }
  | { readonly kind: "and" | "or"; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query }
  /** Full text: words of the mail, wherever they stand. */
  | { readonly kind: "text"; readonly term: SearchTerm }
  /** Words of who it is from, or to. */
  | { readonly kind: "people"; readonly column: PeopleColumn; readonly words: readonly string[] }
  | { readonly kind: "title"; readonly words: readonly string[]; readonly prefix: boolean }
  /** Name or id of a folder; "anywhere". */
  | { readonly kind: "in"; readonly folder: string }
  | { readonly kind: "flag"; readonly flag: Flag; readonly set: boolean }
  | { readonly kind: "mail_kind"; readonly of: MailKind }
  | { readonly kind: "is"; readonly what: "sent" | "rejected" | "trashed" }
  | { readonly kind: "has"; readonly what: "attachment" | "bcc" }
  | { readonly kind: "date"; readonly span: TimeSpan }
  | { readonly kind: "size"; readonly min: number; readonly max: number }
  /** The first digits of a message id, in lower case. */
  | { readonly kind: "id"; readonly prefix: string }
  | { readonly kind: "thread"; readonly prefix: string }
  | { readonly kind: "index"; readonly from: number; readonly to: number };

export type PeopleColumn = "from" | "to" | "cc" | "bcc" | "with";

/** All nodes of a query, from the root on. */
export function* nodesOf(query: Query): Generator<Query> {
  yield query;
  if (query.kind === "and" || query.kind === "or") {
    for (const part of query.of) yield* nodesOf(part);
  }
  if (query.kind === "not") yield* nodesOf(query.of);
}

/** Whether a query says where to look. */
export function namesFolder(query: Query): boolean {
  for (const { kind } of nodesOf(query)) {
    if (["in", "index", "id", "thread"].includes(kind)) return true;
  }
  for (const node of nodesOf(query)) {
    if (node.kind === "is" && (node.what === "trashed" || node.what === "sent")) return true;
    if (node.kind === "mail_kind" && node.of === "draft") return true;
  }
  return false;
}

/** Whether a query looks for words anywhere in mails. */
export function searchesText(query: Query): boolean {
  for (const { kind } of nodesOf(query)) if (kind === "text") return true;
  return false;
}
