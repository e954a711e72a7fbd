/** From the text of a query to its tree. */

import { closestWord } from "../../cli/suggest.ts";
import { FLAGS } from "../index/mail_row.ts";
import { wordsOf } from "../search/words.ts";
import { timeSpan } from "./dates.ts";
import type { PeopleColumn, Query } from "./query.ts";
import { QueryError } from "./query_error.ts";
import { type Token, tokensOf } from "./tokens.ts";

type Word = Extract<Token, { kind: "word" }>;

/** Groups in groups: more is no query of a person. */
const MAX_DEPTH = 50;
const SIZE = /^(\d{1,9}(?:\.\d{1,3})?)([kmg]?)b?$/i;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };
const RANGE = /^(\d{1,15})(?:\.\.(\d{1,15})?)?$/;
const HEX = /^[0-9a-f]{1,32}$/;

const PEOPLE: readonly string[] = ["from", "to", "cc", "bcc", "with"] satisfies PeopleColumn[];
const IS: Readonly<Record<string, Query>> = {
  unread: { kind: "flag", flag: "read", set: false },
  ...Object.fromEntries(FLAGS.map((flag) => [flag, { kind: "flag", flag, set: true } as const])),
  unflagged: { kind: "flag", flag: "flagged", set: false },
  draft: { kind: "mail_kind", of: "draft" },
  imported: { kind: "mail_kind", of: "import" },
  sent: { kind: "is", what: "sent" },
  rejected: { kind: "is", what: "rejected" },
  trashed: { kind: "is", what: "trashed" },
};
const HAS: Readonly<Record<string, Query>> = {
  attachment: { kind: "has", what: "attachment" },
  attachments: { kind: "has", what: "attachment" },
  bcc: { kind: "has", what: "bcc" },
};
/** Every key of the language, for completion and "did you mean". */
export const QUERY_KEYS: readonly string[] = [
  ...PEOPLE,
  ...["title", "subject", "body", "in", "is", "has", "after", "before", "since", "on"],
  ...["larger", "smaller", "id", "thread", "index"],
];
/** The words that may follow some keys. */
export const QUERY_VALUES: Readonly<Record<string, readonly string[]>> = {
  is: Object.keys(IS),
  has: ["attachment", "bcc"],
};

/**
 * Reads a query; an empty one is of all mails.
 *
 * @param now Ms since the epoch, for dates such as "today".
 * @throws {QueryError}
 */
export function parseQuery(text: string, now: number): Query {
  const parser = new Parser(text, now);
  return parser.whole();
}

class Parser {
  readonly #text: string;
  readonly #now: number;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string, now: number) {
    this.#text = text;
    this.#now = now;
    this.#tokens = tokensOf(text);
  }

  whole(): Query {
    if (this.#tokens.length === 0) return { kind: "all" };
    const query = this.#any();
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw this.#error('There is no "(" for this.', left.at);
    return query;
  }

  /** Parts with OR between them. */
  #any(): Query {
    const parts = [this.#every()];
    while (this.#tokens[this.#at]?.kind === "or") {
      this.#at += 1;
      parts.push(this.#every());
    }
    return parts.length === 1 ? parts[0]! : { kind: "or", of: parts };
  }

  /** Parts beside each other: all must hold. */
  #every(): Query {
    const parts: Query[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined || token.kind === ")" || token.kind === "or") break;
      parts.push(this.#one(token));
    }
    if (parts.length === 0) {
      const at = this.#tokens[this.#at]?.at ?? this.#text.length;
      throw this.#error("Something is missing here.", at);
    }
    return parts.length === 1 ? parts[0]! : { kind: "and", of: parts };
  }

  #one(token: Token): Query {
    this.#at += 1;
    if (token.kind === "word") return this.#term(token);
    if (++this.#depth > MAX_DEPTH) throw this.#error("This goes too deep.", token.at);
    let query: Query;
    if (token.kind === "-") {
      const next = this.#tokens[this.#at];
      if (next === undefined || next.kind === ")" || next.kind === "or") {
        throw this.#error('Nothing stands behind "-".', token.at);
      }
      query = { kind: "not", of: this.#one(next) };
    } else {
      query = this.#any();
      if (this.#tokens[this.#at]?.kind !== ")") {
        throw this.#error('There is no ")" for this.', token.at);
      }
      this.#at += 1;
    }
    this.#depth -= 1;
    return query;
  }

  #term(word: Word): Query {
    const { key, value } = word;
    if (key === null) return this.#textTerm(word, "any");
    if (!QUERY_KEYS.includes(key)) {
      const near = closestWord(key, QUERY_KEYS);
      const hint = near === undefined
        ? `A word with a colon in it needs quotation marks: "${key}:${value}"`
        : `Did you mean ${near}: ?`;
      throw this.#error(`There is no "${key}:".`, word.at, hint);
    }
    if (value === "") throw this.#error(`Something is missing behind "${key}:".`, word.valueAt);
    if (PEOPLE.includes(key)) {
      return { kind: "people", column: key as PeopleColumn, words: this.#words(word) };
    }
    switch (key) {
      case "title":
      case "subject":
        return { kind: "title", words: this.#words(word), prefix: isPrefix(word) };
      case "body":
        return this.#textTerm(word, "body");
      case "in":
        return { kind: "in", folder: value };
      case "is":
        return this.#choice(word, IS);
      case "has":
        return this.#choice(word, HAS);
      case "id":
      case "thread":
        return { kind: key, prefix: this.#hex(word) };
      case "index":
        return this.#range(word);
      case "larger":
        return { kind: "size", min: this.#size(word) + 1, max: Infinity };
      case "smaller":
        return { kind: "size", min: 0, max: this.#size(word) - 1 };
      default:
        return this.#date(word);
    }
  }

  #textTerm(word: Word, column: "any" | "body"): Query {
    this.#words(word);
    const prefix = isPrefix(word);
    const text = prefix ? word.value.slice(0, -1) : word.value;
    return { kind: "text", term: { text, phrase: word.quoted, prefix, column } };
  }

  #words(word: Word): string[] {
    const words = wordsOf(word.value);
    if (words.length === 0) {
      throw this.#error("There is no word in this.", word.at, "Words have letters or digits.");
    }
    return words;
  }

  #choice(word: Word, choices: Readonly<Record<string, Query>>): Query {
    const value = word.value.toLowerCase();
    if (Object.hasOwn(choices, value)) return choices[value]!;
    const names = Object.keys(choices);
    const near = closestWord(value, names);
    throw this.#error(
      `There is no "${word.key}:${word.value}".`,
      word.valueAt,
      near === undefined ? `There is: ${names.join(", ")}` : `Did you mean ${word.key}:${near} ?`,
    );
  }

  #hex(word: Word): string {
    const digits = word.value.toLowerCase();
    if (HEX.test(digits)) return digits;
    throw this.#error("An id has up to 32 digits 0 to 9 and a to f.", word.valueAt);
  }

  #range(word: Word): Query {
    const found = RANGE.exec(word.value);
    if (found === null) {
      throw this.#error(
        "This is no index.",
        word.valueAt,
        "Write index:12, index:12..20, index:12..",
      );
    }
    const from = Number(found[1]);
    const isOpen = word.value.includes("..");
    const to = found[2] === undefined ? (isOpen ? Infinity : from) : Number(found[2]);
    return { kind: "index", from, to };
  }

  #size(word: Word): number {
    const found = SIZE.exec(word.value);
    if (found === null) {
      throw this.#error("This is no size.", word.valueAt, "Write 500, 10k or 2M.");
    }
    return Math.round(Number(found[1]) * UNITS[found[2]!.toLowerCase()]!);
  }

  #date(word: Word): Query {
    const span = timeSpan(word.value, this.#now);
    if (span === null) {
      const hint = "Write 2026-11-24, 2026-11, 2026, today, yesterday, or 7d for seven days ago.";
      throw this.#error("This is no date.", word.valueAt, hint);
    }
    const { from } = span;
    if (word.key === "before") return { kind: "date", span: { from: -Infinity, to: from } };
    if (word.key === "on") return { kind: "date", span };
    return { kind: "date", span: { from, to: Infinity } };
  }

  #error(message: string, at: number, hint?: string): QueryError {
    return new QueryError(message, {
      text: this.#text,
      at,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function isPrefix({ value, quoted }: Word): boolean {
  return !quoted && value.endsWith("*");
}
