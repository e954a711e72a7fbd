/** Lists, folders, flags: what is done to mails. A part of the command table: no code here. */

import type { Argument, Command } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

const QUERY: Argument = {
  name: "query",
  summary: "Which mails: words of the query language, an index, or an id",
  repeated: true,
};
const ABOUT_QUERIES =
  'A query is one or more words such as from:bob is:unread after:2026-11-01 in:archive "two words" ' +
  "-flagged; without in: it means the inbox, and with words to search for everything but the " +
  "trash. docs/query.md has the whole language.";
const CONFIRMED_ACCOUNT = ACCOUNT.map((option) =>
  option.name === "yes"
    ? { ...option, summary: "Do not ask: go on, and trust a server that is met for the first time" }
    : option
);

const list: Command = {
  name: "list",
  summary: "List mails, of the inbox unless told otherwise, newest first",
  description: [ABOUT_QUERIES],
  arguments: [{ ...QUERY, summary: "Which mails; the inbox without it", optional: true }],
  options: [
    { name: "unread", short: "u", summary: "Only mails that were not read yet" },
    { name: "sent", summary: "The mails that you sent, instead of the inbox" },
    { name: "folder", value: "NAME", summary: "The mails of a folder, instead of the inbox" },
    { name: "threads", summary: "Of each thread only the first mail, with how many there are" },
    {
      name: "sort",
      value: "KEY",
      summary: "What to sort by",
      choices: ["date", "sender", "title", "size", "relevance"],
      default: "date",
    },
    { name: "reverse", short: "r", summary: "The other way round" },
    {
      name: "limit",
      short: "n",
      value: "N",
      summary: "At most so many mails",
      default: "all",
      integer: { min: 1, max: 1_000_000 },
    },
    {
      name: "offset",
      value: "N",
      summary: "Leave out so many at the beginning",
      integer: { min: 0, max: 1_000_000 },
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec list --unread", summary: "What is new" },
    { command: "mailsec list from:bob has:attachment", summary: "Files that bob has sent" },
    { command: "mailsec list --sort size --limit 10", summary: "The ten largest" },
    { command: "mailsec list --json | jq -r '.[].title'", summary: "All titles" },
  ],
  load: () => import("./commands/list.ts"),
};

const mark: Command = {
  name: "mark",
  summary: "Mark mails read, unread, flagged or unflagged",
  description: [ABOUT_QUERIES],
  arguments: [QUERY],
  options: [
    { name: "read", summary: "Mark them read" },
    { name: "unread", summary: "Mark them unread" },
    { name: "flag", summary: "Flag them" },
    { name: "unflag", summary: "Take the flag away" },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec mark from:build is:unread --read", summary: "All that the build wrote" },
    { command: "mailsec mark 12 --flag", summary: "One mail" },
  ],
  load: () => import("./commands/mark.ts"),
};

const FOLDER: Argument = { name: "folder", summary: "Name of a folder" };

const move: Command = {
  name: "move",
  summary: "Move mails into a folder",
  description: [`The last word is the folder. ${ABOUT_QUERIES}`],
  arguments: [{ ...QUERY, summary: "Which mails, and at the end the folder" }],
  options: [JSON_OUTPUT, ...ACCOUNT],
  examples: [
    { command: "mailsec move from:bob before:2026-01-01 archive", summary: "Tidy up" },
    { command: "mailsec move 12 'Project X'", summary: "One mail" },
  ],
  load: () => import("./commands/move.ts"),
};

const copy: Command = {
  name: "copy",
  summary: "Put mails into one more folder",
  description: [
    "They stay one mail each, which is in both folders: what is read in one is read in the other. " +
    `The last word is the folder. ${ABOUT_QUERIES}`,
  ],
  arguments: [{ ...QUERY, summary: "Which mails, and at the end the folder" }],
  options: [JSON_OUTPUT, ...ACCOUNT],
  examples: [{ command: "mailsec copy 12 'Project X'", summary: "One mail in two folders" }],
  load: () => import("./commands/copy.ts"),
};

const remove: Command = {
  name: "delete",
  summary: "Put mails into the trash, or erase them for ever",
  description: [
    "Mails stay in the trash for 30 days; mailsec restore brings them back. --forever erases what " +
    `is in the trash already. ${ABOUT_QUERIES}`,
  ],
  arguments: [QUERY],
  options: [
    { name: "forever", summary: "Erase mails that are in the trash" },
    JSON_OUTPUT,
    ...CONFIRMED_ACCOUNT,
  ],
  examples: [
    { command: "mailsec delete from:build before:30d", summary: "Old reports" },
    { command: "mailsec delete in:trash --forever", summary: "Empty the trash now" },
  ],
  load: () => import("./commands/delete.ts"),
};

const restore: Command = {
  name: "restore",
  summary: "Put mails from the trash back to where they were",
  arguments: [{ ...QUERY, summary: "Which mails of the trash: a query, an index, or an id" }],
  options: [JSON_OUTPUT, ...ACCOUNT],
  examples: [{ command: "mailsec restore from:bob", summary: "All of bob's in the trash" }],
  load: () => import("./commands/restore.ts"),
};

const folders: Command = {
  name: "folders",
  summary: "Your folders: list them, make, rename and remove them",
  description: ["The server never sees their names, nor which mail is in which."],
  default: "list",
  subcommands: [
    {
      name: "list",
      summary: "List the folders with how many mails are in them",
      options: [JSON_OUTPUT, ...ACCOUNT],
      load: () => import("./commands/folders_list.ts"),
    },
    {
      name: "add",
      summary: "Make a folder",
      arguments: [FOLDER],
      options: [JSON_OUTPUT, ...ACCOUNT],
      load: () => import("./commands/folders_add.ts"),
    },
    {
      name: "rename",
      summary: "Give a folder another name",
      arguments: [FOLDER, { name: "name", summary: "The new name" }],
      options: [JSON_OUTPUT, ...ACCOUNT],
      load: () => import("./commands/folders_rename.ts"),
    },
    {
      name: "remove",
      summary: "Remove a folder; its mails go to the archive",
      arguments: [FOLDER],
      options: [JSON_OUTPUT, ...CONFIRMED_ACCOUNT],
      load: () => import("./commands/folders_remove.ts"),
    },
  ],
  examples: [
    { command: "mailsec folders", summary: "What there is" },
    { command: "mailsec folders add 'Project X'", summary: "A new one" },
  ],
};

export const mailCommands: readonly Command[] = [list, mark, move, copy, remove, restore, folders];
