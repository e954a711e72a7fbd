/** `log` in the command table. Imports no code that runs. */

import type { Command } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

const show: Command = {
  name: "show",
  summary: "What happened to keys and accounts, the oldest first",
  arguments: [{ name: "name", summary: "Only what is about this user", optional: true }],
  options: [
    {
      name: "limit",
      short: "n",
      value: "N",
      summary: "Only the newest N entries",
      default: "all",
      integer: { min: 1, max: 1_000_000 },
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec log show --limit 10", summary: "The newest ten" },
    { command: "mailsec log show bob", summary: "All about bob" },
  ],
  load: () => import("./commands/log_show.ts"),
};

const verify: Command = {
  name: "verify",
  summary: "Check the whole log, here or from a file",
  description: [
    "Without FILE: fetches what is new, computes the log anew from its first entry on, and checks " +
    "the entries in your name.",
    "With FILE: checks an exported log without any server or password. Each --head FILE names a " +
    "signed head of that server, from another export or another person: the log must continue " +
    "all of them. A log that does not is a proof of two different ones; the exit code is 5.",
  ],
  arguments: [{
    name: "file",
    summary: "A log that was exported",
    optional: true,
    completes: "file",
  }],
  options: [
    {
      name: "head",
      value: "FILE",
      summary: "A signed head, or another export, that the log must agree with",
      repeatable: true,
      completes: "file",
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec log verify", summary: "Check the log of your server" },
    {
      command: "mailsec log verify mine.jsonl --head bobs.jsonl",
      summary: "Did bob and I see the same log?",
    },
  ],
  load: () => import("./commands/log_verify.ts"),
};

const exportLog: Command = {
  name: "export",
  summary: "Write the log with its signed head to a file, for others to check",
  options: [
    {
      name: "output",
      short: "o",
      value: "FILE",
      summary: "A new file",
      default: "standard output",
      completes: "file",
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [{ command: "mailsec log export --output mine.jsonl", summary: "Export" }],
  load: () => import("./commands/log_export.ts"),
};

const evidence: Command = {
  name: "evidence",
  summary: "What was found wrong with the log, with all that proves it",
  description: [
    "A finding stops sending on this device: the server may be showing you other keys than it " +
    "shows others. Show it to the administrator and to colleagues, compare exported logs, and " +
    "dismiss it only then. What was found is kept.",
  ],
  options: [
    {
      name: "dismiss",
      value: "N",
      summary: "Send mail again in spite of finding N",
      integer: { min: 1, max: 1_000_000 },
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec log evidence", summary: "Is anything wrong?" },
    { command: "mailsec log evidence --dismiss 1", summary: "Looked at; send mail again" },
  ],
  load: () => import("./commands/log_evidence.ts"),
};

export const log: Command = {
  name: "log",
  summary: "The key log: every change of anybody's keys, which no server can hide",
  default: "show",
  subcommands: [show, verify, exportLog, evidence],
  examples: [
    { command: "mailsec log show", summary: "What happened" },
    { command: "mailsec log verify", summary: "Is it right?" },
  ],
};
