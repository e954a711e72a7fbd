/** Export and import in the command table. Imports no code that runs: see `load`. */

import type { Command } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

const exportMail: Command = {
  name: "export",
  summary: "Write mail to an mbox file, a Maildir or .eml files",
  description: [
    "Without a query everything but the trash is written; a query without in: means all folders " +
    "but the trash, too. Flags and folders go with the mail.",
    "What is there already is never overwritten. An export that was broken off is gone on with by " +
    "giving the same command again.",
    "What is written is not sealed any more: keep it where only you can read it.",
    "With --format eml and --output - the bytes of a single mail go to standard output.",
  ],
  arguments: [
    { name: "query", summary: "Which mail; see docs/query.md", optional: true, repeated: true },
  ],
  options: [
    {
      name: "format",
      value: "FORMAT",
      summary: "What to write",
      choices: ["mbox", "maildir", "eml"],
      default: "mbox",
    },
    {
      name: "output",
      short: "o",
      value: "PATH",
      summary: "File (mbox) or folder (maildir, eml) to make; required",
      completes: "file",
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec export --output mail.mbox", summary: "Everything in one file" },
    {
      command: "mailsec export in:sent after:2026-01-01 --format maildir --output Sent2026",
      summary: "Sent mail of a year, for another mail program",
    },
    {
      command: "mailsec export id:3f9a --format eml --output - > mail.eml",
      summary: "The bytes of one mail",
    },
  ],
  load: () => import("./commands/export.ts"),
};

const importMail: Command = {
  name: "import",
  summary: "Take in mail from mbox files, Maildirs and .eml files",
  description: [
    "Imported mail is sealed to you alone. Nobody vouches for its sender: it is shown as imported.",
    "Mail whose very bytes are in the mailbox already is skipped, so that an import that was broken " +
    "off is gone on with by giving the same command again.",
    "Without --folder the folders that the files name are used, and made where there are none; " +
    'mail that names none goes to "Imported".',
  ],
  arguments: [
    {
      name: "path",
      summary: "mbox files, Maildirs, .eml files, or folders with such",
      repeated: true,
      completes: "file",
    },
  ],
  options: [
    { name: "folder", value: "NAME", summary: "Put all of it into this folder" },
    { name: "dry-run", summary: "Only read, and report what would be imported" },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec import old.mbox --folder Archive", summary: "An old mailbox" },
    { command: "mailsec import ~/Maildir --dry-run", summary: "What would be imported" },
  ],
  load: () => import("./commands/import.ts"),
};

export const transferCommands: readonly Command[] = [exportMail, importMail];
