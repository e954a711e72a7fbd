/**
 * From search terms to FTS5's query syntax. Only words of words.ts get into it, which are letters,
 * digits and marks, each phrase in quotation marks: whatever is typed, it stays a text.
 */

import type { TableKind } from "./fts_table.ts";
import type { SearchTerm } from "./types.ts";
import { wordsOf } from "./words.ts";

/** A term taken apart; one without any word (punctuation alone) asks for nothing. */
export interface WordTerm extends SearchTerm {
  /** At least one. */
  readonly words: readonly string[];
}

export function wordTerms(terms: readonly SearchTerm[]): WordTerm[] {
  return terms
    .map((term) => ({ ...term, words: wordsOf(term.text) }))
    .filter(({ words }) => words.length > 0);
}

/** The smallest table that can answer. */
export function tableFor(terms: readonly WordTerm[], ranked: boolean): TableKind {
  const needPositions = terms.some(({ words, column = "any" }) => (
    words.length > 1 || column !== "any"
  ));
  return ranked || needPositions ? "positions" : "words";
}

/** What mails must match to have all of the terms. */
export function matchExpression(terms: readonly WordTerm[]): string {
  return terms.map(({ words, prefix = false, column = "any" }) => {
    const phrase = `"${words.join(" ")}"${prefix ? " *" : ""}`;
    return column === "any" ? phrase : `${column} : ${phrase}`;
  }).join(" AND ");
}
