/** Search in the command table. Imports no code that runs: see `load`. */

import type { Command } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

const search: Command = {
  name: "search",
  summary: "Find mail by the words in it, bodies too",
  description: [
    'The words are a query, the same as everywhere: plain words and "phrases" are looked for in ' +
    "titles, names, bodies and names of attachments, a word with * at its end as the beginning of " +
    "one; from:, in:, after: and the others narrow it down. See docs/query.md.",
    "Words come from an index on this computer. What is missing in it is read first, for two " +
    "seconds at most; of mail that is still missing only title and people are searched, and you " +
    "are told so. --index goes on until everything is in; Ctrl-C ends it and keeps what was done.",
    "The index is sealed with your keys, here and on the server, where your other computers get " +
    "it from. docs/search.md says what it costs and what the server can see.",
  ],
  arguments: [
    { name: "words", summary: "What to look for", optional: true, repeated: true },
  ],
  options: [
    {
      name: "limit",
      short: "n",
      value: "N",
      summary: "At most so many mails",
      default: "20",
      integer: { min: 1, max: 1_000_000 },
    },
    {
      name: "sort",
      value: "KEY",
      summary: "Newest first, or those first that fit best",
      choices: ["date", "relevance"],
      default: "date",
    },
    { name: "index", summary: "Bring the index up to date, however long it takes" },
    { name: "rebuild", summary: "Throw the index away and make it anew" },
    { name: "status", summary: "Say how much of the mail is in the index" },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec search budget from:bob", summary: "What bob wrote about the budget" },
    { command: "mailsec search '\"see the file\"' --sort relevance", summary: "A phrase" },
    { command: "mailsec search --index", summary: "Before a journey without a connection" },
  ],
  load: () => import("./commands/search.ts"),
};

export const searchCommands: readonly Command[] = [search];
