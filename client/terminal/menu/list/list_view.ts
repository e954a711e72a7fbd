/** Which mails a list shows and how, as a value; and the query that means them. */

import type { ListOptions, SortKey } from "../../../mailbox_types.ts";
import { parseQuery } from "../../../query/parse.ts";
import { namesFolder } from "../../../query/query.ts";
import { type Range, rangesQuery } from "./which.ts";

export interface ListView {
  /** Name of the folder; null: everywhere but the trash. */
  readonly folder: string | null;
  /** In the query language; empty: all mails. */
  readonly query: string;
  readonly unread: boolean;
  readonly threads: boolean;
  readonly sort: SortKey;
  readonly reverse: boolean;
  /** Mails before the page shown. */
  readonly offset: number;
}

/** Mails on a page. */
export const PAGE_MAILS = 20;

export const INBOX: ListView = {
  ...{ folder: "inbox", query: "", unread: false, threads: false },
  ...{ sort: "date", reverse: false, offset: 0 },
};

/** The options of a page that begins so many mails after the first. */
export function pageOptions(view: ListView, limit: number): ListOptions {
  const { sort, reverse, threads, offset } = view;
  return { query: viewQuery(view), sort, reverse, threads, offset, limit };
}

/** All mails of the view as a query; `more` narrows it. */
export function viewQuery({ folder, query, unread }: ListView, more = ""): string {
  const own = joined(query, more);
  const where = own !== "" && hasFolder(own) ? "" : place(folder);
  return joined(where, own, unread ? "is:unread" : "");
}

/** Those mails of the view that have these indexes. */
export function rangeQuery(view: ListView, ranges: readonly Range[]): string {
  const { folder, query } = view;
  const where = query !== "" && hasFolder(query) ? "" : place(folder);
  return `${joined(where, query, view.unread ? "is:unread" : "")} ${rangesQuery(ranges)}`;
}

function place(folder: string | null): string {
  return folder === null ? "in:anywhere -in:trash" : `in:"${folder}"`;
}

function joined(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== "");
  if (given.length < 2) return given.join("");
  return given.map((part) => /\bOR\b/.test(part) ? `(${part})` : part).join(" ");
}

function hasFolder(query: string): boolean {
  return namesFolder(parseQuery(query, 0));
}

/** `inbox, unread only, by title: from:bob`. */
export function viewTitle({ folder, query, unread, threads, sort, reverse }: ListView): string {
  const order = sort !== "date" || reverse ? `by ${sort}${reverse ? ", reversed" : ""}` : "";
  const parts = [
    folder ?? "all mail",
    unread ? "unread only" : "",
    threads ? "threads" : "",
    order,
  ];
  const title = parts.filter((part) => part !== "").join(", ");
  return query === "" ? title : `${title}: ${query}`;
}
