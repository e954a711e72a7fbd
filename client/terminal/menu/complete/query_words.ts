/** Tab in the query language: keys, and what may stand after them. */

import type { ContactInfo } from "../../../contact_types.ts";
import { beginningWith, type Candidate, type Completer } from "../../completion.ts";
import { once } from "./names.ts";

/** Where what may stand after a key comes from. */
type Values = "names" | "folders" | readonly string[];

/** docs/query.md has what they mean. */
export const QUERY_WORDS: Readonly<Record<string, Values>> = {
  after: ["today", "yesterday", "7d"],
  before: ["today", "yesterday", "7d"],
  bcc: "names",
  cc: "names",
  from: "names",
  has: ["attachment", "bcc"],
  id: [],
  in: "folders",
  index: [],
  is: [
    ...["answered", "draft", "flagged", "forwarded", "imported", "read", "rejected", "sent"],
    ...["trashed", "unread"],
  ],
  larger: ["10k", "1M"],
  on: ["today", "yesterday"],
  smaller: ["10k", "1M"],
  thread: [],
  title: [],
  to: "names",
};

export interface QuerySources {
  contacts(): Promise<readonly ContactInfo[]>;
  folders(): Promise<readonly { readonly name: string }[]>;
}

/** The last word: a key, or a key and the beginning of its value; `-` and `(` may stand before. */
const LAST_WORD = /(?:^|[\s(])-?(?:([a-z]+):("?)([^\s":()]*)|([a-z]*))$/i;
/** Values that must stand between quotation marks. */
const NEEDS_QUOTES = /[\s()":]/;

/** Completes the last word of a query. */
export function queryCompleter(sources: QuerySources): Completer {
  const names = once(async () => (await sources.contacts()).map(({ user }) => user));
  const folders = once(async () => (await sources.folders()).map(({ name }) => name));
  const valuesOf = async (values: Values) =>
    values === "names" ? await names() : values === "folders" ? await folders() : values;
  return async (before) => {
    const [, key, quote = "", value = "", word = ""] = LAST_WORD.exec(before) ?? [];
    if (key === undefined) {
      const keys = Object.keys(QUERY_WORDS).map((text) => ({ text: `${text}:`, end: "" }));
      return { replaces: word.length, candidates: word === "" ? [] : beginningWith(word, keys) };
    }
    const values = await valuesOf(QUERY_WORDS[key.toLowerCase()] ?? []);
    const fitting = beginningWith(value, values.map((text) => ({ text, end: " " })));
    return { replaces: quote.length + value.length, candidates: fitting.map(quoted) };
  };
}

function quoted({ text, end }: Candidate): Candidate {
  return NEEDS_QUOTES.test(text)
    ? { text: `"${text.replaceAll('"', "")}"`, end, shown: text }
    : { text, end };
}
