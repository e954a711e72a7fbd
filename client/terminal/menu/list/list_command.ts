/** What is typed below a list of mails, as what it means. */

import type { SortKey } from "../../../mailbox_types.ts";

/** What is done to mails. */
export type Act = "read" | "flag" | "move" | "copy" | "delete";

export type ListCommand =
  | { readonly kind: "open"; readonly index: number }
  | { readonly kind: "onward" | "next" | "previous" | "quit" | "reverse" | "unread" }
  | { readonly kind: "threads" | "undo" | "help" }
  /** The mails that belong to the one with this index. */
  | { readonly kind: "thread"; readonly index: number }
  /** Null: asked for. */
  | { readonly kind: "sort"; readonly key: SortKey | null; readonly reverse: boolean }
  | { readonly kind: "query"; readonly text: string | null }
  | { readonly kind: "folder"; readonly name: string | null }
  /** `which` is empty, and `folder` null, when it is to be asked for. */
  | {
    readonly kind: "act";
    readonly act: Act;
    readonly which: string;
    readonly folder: string | null;
  }
  | { readonly kind: "unknown"; readonly text: string };

/** Every command: its letter, and the words that mean the same. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  next: ["n", "next", "older"],
  previous: ["p", "previous", "prev", "newer"],
  quit: ["q", "quit", "menu", "exit", "b", "back"],
  reverse: ["v", "reverse"],
  unread: ["u", "unread"],
  threads: ["t", "thread", "threads"],
  undo: ["z", "undo"],
  help: ["?", "h", "help"],
  sort: ["s", "sort"],
  query: ["/", "query", "filter"],
  folder: ["o", "open", "folder"],
  read: ["r", "read", "mark"],
  flag: ["f", "flag"],
  move: ["m", "move"],
  copy: ["c", "copy"],
  delete: ["d", "delete", "del", "rm"],
};
const BY_WORD = new Map(
  Object.entries(WORDS).flatMap(([name, words]) => words.map((word) => [word, name] as const)),
);

/** By its letter or any beginning of the word. */
const SORT_KEYS: Readonly<Record<string, SortKey>> = {
  d: "date",
  date: "date",
  s: "sender",
  f: "sender",
  sender: "sender",
  from: "sender",
  t: "title",
  title: "title",
  subject: "title",
  z: "size",
  size: "size",
};

const INDEX = /^\d{1,15}$/;
/** A command word or sign, and the rest: `d 3`, `d3-5`, `/from:bob`, `delete from:bob`. */
const COMMAND = /^(?:([/?])|([a-z]+)(?=$|[\s\d]))\s*(.*)$/is;
/** A word of the query language at the beginning, without the stroke before it. */
const QUERY = /^[-(]*[a-z]+:\S/i;

/** Never throws: what means nothing is `unknown`. */
export function parseListCommand(answer: string): ListCommand {
  const text = answer.trim();
  if (text === "") return { kind: "onward" };
  if (INDEX.test(text)) return { kind: "open", index: Number(text) };
  const [, sign, word, rest = ""] = COMMAND.exec(text) ?? [];
  const name = BY_WORD.get((sign ?? word ?? "").toLowerCase());
  return (name === undefined ? null : named(name, rest.trim())) ??
    (QUERY.test(text) ? { kind: "query", text } : { kind: "unknown", text });
}

/** The command of that name; null when the rest does not go with it. */
function named(name: string, rest: string): ListCommand | null {
  switch (name) {
    case "read":
    case "flag":
    case "delete":
      return { kind: "act", act: name, which: rest, folder: null };
    case "move":
    case "copy":
      return { kind: "act", act: name, ...withFolder(rest) };
    case "sort":
      return sortCommand(rest);
    case "query":
      return { kind: "query", text: rest === "" ? null : rest };
    case "folder":
      // "open 3" means the mail.
      if (INDEX.test(rest)) return { kind: "open", index: Number(rest) };
      return { kind: "folder", name: rest === "" ? null : rest };
    case "threads":
      if (INDEX.test(rest)) return { kind: "thread", index: Number(rest) };
      return rest === "" ? { kind: "threads" } : null;
    default:
      return rest === "" ? { kind: name as "next" } : null;
  }
}

/** `title`, `title reverse`, `-size`; nothing: asked for. */
function sortCommand(rest: string): ListCommand | null {
  const [, minus = "", word = "", more = ""] = /^(-?)([a-z]*)\s*(v|r|reverse|reversed)?$/i
    .exec(rest) ?? [];
  if (rest === "") return { kind: "sort", key: null, reverse: false };
  const key = SORT_KEYS[word.toLowerCase()];
  return key === undefined ? null : { kind: "sort", key, reverse: minus !== "" || more !== "" };
}

/** `3 5-8 to Archive`; without ` to ` the folder is asked for. */
function withFolder(rest: string): { which: string; folder: string | null } {
  const [, which = rest, folder = null] = /^(.*?)\s*(?:\bto|>)\s+(\S.*)$/is.exec(rest) ?? [];
  return { which: which.trim(), folder };
}

/** The key that an answer to "sort by what?" means. */
export function sortKeyOf(answer: string): SortKey | undefined {
  return SORT_KEYS[answer.trim().toLowerCase()];
}
