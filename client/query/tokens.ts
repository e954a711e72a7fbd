/** The words of a query, with their places. */

import { QueryError } from "./query_error.ts";

export type Token =
  | { readonly kind: "(" | ")" | "-" | "or"; readonly at: number }
  | {
    readonly kind: "word";
    readonly at: number;
    /** In lower case; null: no key stands before it. */
    readonly key: string | null;
    readonly value: string;
    readonly quoted: boolean;
    /** Where the value begins. */
    readonly valueAt: number;
  };

const KEY = /^([A-Za-z]+):/;
const PLAIN = /^[^\s()"]+/;

/** @throws {QueryError} for a quotation that has no end. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const blank = /^\s+/.exec(rest);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const [first] = rest;
    if (first === "(" || first === ")") {
      tokens.push({ kind: first, at });
      at += 1;
      continue;
    }
    if (first === "-" && rest.length > 1 && !/^-\s/.test(rest)) {
      tokens.push({ kind: "-", at });
      at += 1;
      continue;
    }
    if (/^OR(?=[\s()]|$)/.test(rest)) {
      tokens.push({ kind: "or", at });
      at += 2;
      continue;
    }
    const { token, length } = word(text, at);
    tokens.push(token);
    at += length;
  }
  return tokens;
}

function word(text: string, at: number): { token: Token; length: number } {
  const rest = text.slice(at);
  const key = KEY.exec(rest);
  const keyLength = key?.[0].length ?? 0;
  const { value, quoted, length } = valueOf(text, at + keyLength);
  const token = {
    ...{ kind: "word" as const, at, key: key?.[1]?.toLowerCase() ?? null },
    ...{ value, quoted, valueAt: at + keyLength },
  };
  return { token, length: keyLength + length };
}

function valueOf(text: string, at: number): { value: string; quoted: boolean; length: number } {
  const rest = text.slice(at);
  if (!rest.startsWith('"')) {
    const value = PLAIN.exec(rest)?.[0] ?? "";
    return { value, quoted: false, length: value.length };
  }
  const end = rest.indexOf('"', 1);
  if (end < 0) throw new QueryError("The quotation has no end.", { text, at });
  return { value: rest.slice(1, end), quoted: true, length: end + 1 };
}
