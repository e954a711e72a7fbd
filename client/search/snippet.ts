/** The piece of a mail's text around the first thing that was searched for, on one line. */

import { wordTerms } from "./expression.ts";
import { findPhrase } from "./row_match.ts";
import type { SearchTerm } from "./types.ts";
import { wordsOf } from "./words.ts";

/** Of a text that a snippet is looked for in, UTF-16 units. */
const MAX_LOOKED_AT = 64 * 1024;
/** Of what comes before the word, so that one sees what it is about. */
const SHARE_BEFORE = 0.3;

/**
 * @param text Of the mail, as bodyText of mail_words.ts gives it.
 * @param length Greatest length of what is returned, in characters; at least 10.
 * @returns With "…" where the text goes on; its beginning when nothing is found in it.
 */
export function snippetOf(text: string, terms: readonly SearchTerm[], length: number): string {
  const line = text.slice(0, MAX_LOOKED_AT).toWellFormed().replace(/\s+/g, " ").trim();
  const pieces = line.split(" ");
  const at = firstMatch(pieces, terms);
  let start = Math.max(0, at);
  let before = 0;
  while (start > 0 && before + pieces[start - 1]!.length + 1 <= length * SHARE_BEFORE) {
    before += pieces[--start]!.length + 1;
  }
  const rest = [...pieces.slice(start).join(" ").slice(0, 4 * length).toWellFormed()];
  const head = start > 0 ? "…" : "";
  const room = length - head.length;
  return rest.length <= room
    ? head + rest.join("")
    : `${head}${rest.slice(0, room - 1).join("").trimEnd()}…`;
}

/** Which of the pieces between blanks the first match begins in; -1 when nothing matches. */
function firstMatch(pieces: readonly string[], terms: readonly SearchTerm[]): number {
  const wanted = wordTerms(terms).filter(({ column = "any" }) => (
    column === "any" || column === "body"
  ));
  if (wanted.length === 0) return -1;
  const words: string[] = [];
  const pieceOf: number[] = [];
  pieces.forEach((piece, i) => {
    for (const word of wordsOf(piece)) {
      words.push(word);
      pieceOf.push(i);
    }
  });
  const places = wanted.map((term) => findPhrase(words, term)).filter((at) => at !== -1);
  return places.length === 0 ? -1 : pieceOf[Math.min(...places)]!;
}
