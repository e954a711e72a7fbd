/** Searching what the list knows of a mail, for mails that are not in the index yet. */

import type { MailRow } from "../index/mail_row.ts";
import type { WordTerm } from "./expression.ts";
import { wordsOf } from "./words.ts";

/** Names and addresses of everybody whom a mail is from or to. */
export function peopleOf({ from, to, cc, bcc }: MailRow): string {
  return [from, ...to, ...cc, ...bcc].join(" ");
}

/** Whether title and people have all of the terms. */
export function rowMatches(row: MailRow, terms: readonly WordTerm[]): boolean {
  const title = wordsOf(row.title);
  const people = wordsOf(peopleOf(row));
  return terms.every((term) => {
    const { column = "any" } = term;
    return (column === "any" || column === "title") && hasPhrase(title, term) ||
      (column === "any" || column === "people") && hasPhrase(people, term);
  });
}

/** Where the words of a term stand among others, -1 when they do not. */
export function findPhrase(
  words: readonly string[],
  { words: wanted, prefix = false }: Pick<WordTerm, "words" | "prefix">,
): number {
  const last = wanted.length - 1;
  return words.findIndex((_, at) =>
    wanted.every((word, i) => {
      const found = words[at + i];
      return found === word || prefix && i === last && found?.startsWith(word) === true;
    })
  );
}

function hasPhrase(words: readonly string[], term: WordTerm): boolean {
  return findPhrase(words, term) !== -1;
}
