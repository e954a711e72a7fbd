/** Whether a mail is one of those that a query means. */

import type { MailRow } from "../index/mail_row.ts";
import { wordsOf } from "../search/words.ts";
import type { PeopleColumn, Query } from "./query.ts";

export interface MatchWorld {
  readonly me: string;
  /** Id of the folder with this name or id; null: none. */
  folder(name: string): string | null;
  /** Mails that a text is in, by the whole term: one of the query's `text` nodes. */
  found(text: Extract<Query, { kind: "text" }>): ReadonlyMap<number, number>;
}

export function matches(query: Query, row: MailRow, world: MatchWorld): boolean {
  switch (query.kind) {
    case "all":
      return true;
    case "and":
      return query.of.every((part) => matches(part, row, world));
    case "or":
      return query.of.some((part) => matches(part, row, world));
    case "not":
      return !matches(query.of, row, world);
    case "text":
      return world.found(query).has(row.index);
    case "people":
      return peopleIn(row, query.column).some((name) => hasWords(name, query.words));
    case "title":
      return hasWords(row.title, query.words, query.prefix);
    case "in":
      return isIn(row, query.folder, world);
    case "flag":
      return row.flags.includes(query.flag) === query.set;
    case "mail_kind":
      return row.kind === query.of;
    case "is":
      return isWhat(row, query.what, world);
    case "has":
      return query.what === "attachment" ? row.attachments > 0 : row.bcc.length > 0;
    case "date":
      return row.when >= query.span.from && row.when < query.span.to;
    case "size":
      return row.size >= query.min && row.size <= query.max;
    case "id":
      return row.id.startsWith(query.prefix);
    case "thread":
      return row.thread.startsWith(query.prefix);
    case "index":
      return row.index >= query.from && row.index <= query.to;
  }
}

function isIn(row: MailRow, name: string, world: MatchWorld): boolean {
  if (name.toLowerCase() === "anywhere") return true;
  const folder = world.folder(name);
  return folder !== null && (row.folder === folder || row.also.includes(folder));
}

function isWhat(row: MailRow, what: "sent" | "rejected" | "trashed", world: MatchWorld): boolean {
  if (what === "rejected") return row.rejected;
  if (what === "trashed") return row.folder === "trash";
  return !row.rejected && row.kind === "mail" && row.from === world.me;
}

/** Of a rejected mail nobody is proven to have written it: it is from nobody. */
function peopleIn(row: MailRow, column: PeopleColumn): readonly string[] {
  if (row.rejected) return [];
  switch (column) {
    case "from":
      return [row.from];
    case "to":
      return [...row.to, ...row.cc, ...row.bcc];
    case "cc":
      return row.cc;
    case "bcc":
      return row.bcc;
    case "with":
      return [row.from, ...row.to, ...row.cc, ...row.bcc];
  }
}

/** Whether the words stand in a text, next to each other; the last one may go on. */
export function hasWords(text: string, words: readonly string[], prefix = false): boolean {
  const there = wordsOf(text);
  const last = words.length - 1;
  for (let at = 0; at + last < there.length; at++) {
    const fits = words.every((word, i) =>
      i === last && prefix ? there[at + i]!.startsWith(word) : there[at + i] === word
    );
    if (fits) return true;
  }
  return false;
}
