/** The words of a command that say which mails are meant. */

import { systemClock } from "../clock.ts";
import type { ListOptions } from "../mailbox_types.ts";
import { parseQuery } from "../query/parse.ts";
import { isMailName, queryOfName } from "./which_mail.ts";

/**
 * One query out of several words. One word alone that is an index or an id means that mail.
 *
 * @throws {QueryError} before anybody logs in.
 */
export function queryOfWords(words: readonly string[]): string {
  const [only] = words;
  const query = words.length === 1 && isMailName(only!)
    ? queryOfName(only!)
    : words.map(asQueryWord).join(" ");
  parseQuery(query, systemClock.now());
  return query;
}

/** What the shell has kept together stays together: `'from:Jane Doe'` is `from:"Jane Doe"`. */
function asQueryWord(word: string, _: number, all: readonly string[]): string {
  // A whole query in one word is one as it is.
  if (all.length === 1 || !/\s/.test(word) || word.includes('"')) return word;
  const key = /^-?[a-z]+:/i.exec(word)?.[0] ?? "";
  return `${key}"${word.slice(key.length)}"`;
}

/** Options of a list with the query in them. */
export function withQuery(options: ListOptions, words: readonly string[]): ListOptions {
  return words.length === 0 ? options : { ...options, query: queryOfWords(words) };
}
