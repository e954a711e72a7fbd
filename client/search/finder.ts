/**
 * Finding: the tables of one segment after the other, the newest first, so that a limit ends the
 * work early. Mails that a table does not cover are searched by title and people.
 */

import { inOrder } from "../in_order.ts";
import { matchExpression, tableFor, type WordTerm, wordTerms } from "./expression.ts";
import type { FtsTable, Match } from "./fts_table.ts";
import type { MailSet } from "./mail_set.ts";
import { rowMatches } from "./row_match.ts";
import type { Shelf } from "./shelf.ts";
import type { FindOptions, SearchedMails, SearchTerm } from "./types.ts";
import { mailsBySegment, missingIn } from "./wanted.ts";

/** Tables read ahead of the one that is searched. */
const TABLES_AT_ONCE = 4;
/** Terms in one expression: FTS5 limits how deep it may be. */
const TERMS_AT_ONCE = 50;

export class Finder {
  readonly #mails: SearchedMails;
  readonly #shelf: Shelf;

  constructor(mails: SearchedMails, shelf: Shelf) {
    this.#mails = mails;
    this.#shelf = shelf;
  }

  /** Ranks by mailbox index, the newest index first; nothing for terms without any word. */
  async find(
    searched: readonly SearchTerm[],
    { limit = Infinity, accepts = () => true, ranked = false }: FindOptions,
  ): Promise<Map<number, number>> {
    const terms = wordTerms(searched);
    const found = new Map<number, number>();
    if (terms.length === 0) return found;
    const kind = tableFor(terms, ranked);
    const coverage = await this.#shelf.coverage();
    const search = async ([segment, there]: [number, MailSet]): Promise<Match[]> => {
      if (!coverage.has(segment)) return await this.#inRows(there, undefined, terms);
      if (kind === "positions" && !await this.#mayHave(segment, terms)) {
        return await this.#inRows(there, coverage.get(segment)?.covered, terms);
      }
      const { inTable, covered } = await this.#shelf.use(segment, kind, (table) => ({
        inTable: matches(table, terms, ranked).filter(({ index }) => there.has(index)),
        covered: table.covered,
      }));
      return [...inTable, ...await this.#inRows(there, covered, terms)];
    };
    const segments = [...mailsBySegment(this.#mails)];
    for await (const some of inOrder(segments, search, TABLES_AT_ONCE)) {
      for (const { index, rank } of some.sort((a, b) => b.index - a.index)) {
        if (found.size >= limit) return found;
        if (accepts(index)) found.set(index, rank);
      }
    }
    return found;
  }

  /** Whether the words are there at all: the small table saves opening the large one. */
  #mayHave(segment: number, terms: readonly WordTerm[]): Promise<boolean> {
    const look = (table: FtsTable) => matches(table, singleWords(terms), false).length > 0;
    return this.#shelf.use(segment, "words", look);
  }

  /** Mails that are not covered, by what the list knows of them. */
  async #inRows(
    there: MailSet,
    covered: MailSet | undefined,
    terms: readonly WordTerm[],
  ): Promise<Match[]> {
    const missing = await missingIn(there, covered, this.#mails);
    return missing.flatMap((index) => {
      const row = this.#mails.row(index);
      return row !== undefined && rowMatches(row, terms) ? [{ index, rank: 0 }] : [];
    });
  }
}

/** The words of terms, wherever they stand. */
function singleWords(terms: readonly WordTerm[]): WordTerm[] {
  return terms.flatMap(({ words, prefix = false }) =>
    words.map((word, i) => (
      { text: word, words: [word], prefix: prefix && i === words.length - 1 }
    ))
  );
}

/** The mails of a table that have all the terms. */
function matches(table: FtsTable, terms: readonly WordTerm[], ranked: boolean): Match[] {
  let found = table.match(matchExpression(terms.slice(0, TERMS_AT_ONCE)), ranked);
  for (let at = TERMS_AT_ONCE; at < terms.length && found.length > 0; at += TERMS_AT_ONCE) {
    const more = table.match(matchExpression(terms.slice(at, at + TERMS_AT_ONCE)));
    const indexes = new Set(more.map(({ index }) => index));
    found = found.filter(({ index }) => indexes.has(index));
  }
  return found;
}
