/** The client's part of the command table. Imports no code that runs: see `load`. */

import type { Command } from "../cli/command.ts";
import { accountCommands } from "./account_commands.ts";
import { contacts } from "./contact_commands.ts";
import { log } from "./log_commands.ts";
import { searchCommands } from "./search_commands.ts";
import { transferCommands } from "./transfer_commands.ts";
import {
  ACCOUNT,
  CODE_FILE,
  CONFIG,
  JSON_OUTPUT,
  PASSWORD_FILE,
  PORT,
  RECOVERY_FILE,
  YES,
} from "./commands/account_options.ts";

const connect: Command = {
  name: "connect",
  summary: "Log in and open the menu: send, list and display mail",
  description: [
    "The first time, give the invite that you got from the administrator: you choose a password " +
    "and your keys are made. After that the name and the password open the mailbox, from any " +
    "computer.",
    "A server met without an invite is shown with its fingerprint, and you are asked whether to " +
    "trust it. A server that has changed its identity is refused.",
    "A body that you type ends with a line that is a single dot. A line that begins with two " +
    'dots loses one: ".." stands for ".".',
    "The account may open on enrolled devices only. On a new one you are then asked for the code " +
    "that mailsec devices add shows on another.",
    "Without a terminal the menu takes its answers from the lines of standard input.",
  ],
  arguments: [
    { name: "host", summary: "The server: HOST, HOST:PORT or [IPV6]:PORT" },
    { name: "user", summary: "Your user name" },
  ],
  options: [
    PORT,
    { name: "invite", value: "INVITE", summary: "Join first, with this invite line" },
    RECOVERY_FILE,
    PASSWORD_FILE,
    { ...CODE_FILE, summary: "Read the code for a new device from the first line of a file" },
    CONFIG,
    YES,
  ],
  examples: [
    { command: "mailsec connect mail.example.org alice", summary: "Open alice's mailbox" },
    {
      command: "mailsec connect localhost:4000 alice --password-file ~/.mailsec-password",
      summary: "Another port, and the password from a file",
    },
  ],
  load: () => import("./commands/connect.ts"),
};

const join: Command = {
  name: "join",
  summary: "Accept an invite: choose a password and make your keys",
  description: [
    "The invite names the server, the port and your user name, and knows the server's identity. " +
    "It can be used once.",
    "You are shown a recovery code to write down, and asked for it before you are registered. " +
    "Without a terminal it is written to standard output, after a generated pass phrase.",
    "A weak password is refused: it is all that stands between the mailbox and whoever runs the " +
    "server. Leave it empty to get a generated pass phrase.",
  ],
  arguments: [{ name: "invite", summary: "The line that begins with mailsec://" }],
  options: [
    PASSWORD_FILE,
    {
      name: "generate-password",
      summary: "Generate a pass phrase and write it to standard output",
    },
    RECOVERY_FILE,
    CONFIG,
  ],
  examples: [
    { command: "mailsec join mailsec://alice@mail.example.org:12049/CODE", summary: "Join" },
  ],
  load: () => import("./commands/join.ts"),
};

const send: Command = {
  name: "send",
  summary: "Send a mail from the command line",
  description: [
    "The body is the text of --body, the bytes of --file, or standard input up to its end. It " +
    "comes out at the other end byte for byte.",
  ],
  arguments: [
    { name: "to", summary: 'User names, also several in one word: "bob;eve"', repeated: true },
  ],
  options: [
    { name: "title", short: "t", value: "TITLE", summary: "The title; required" },
    { name: "body", short: "b", value: "TEXT", summary: "The body" },
    {
      name: "file",
      short: "f",
      value: "FILE",
      summary: "Load the body from a file",
      completes: "file",
    },
    {
      name: "accept-key",
      value: "NAME=FINGERPRINT",
      summary: "Send although the keys of this recipient have changed, if these are the new ones",
      repeatable: true,
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec send bob --title Lunch --body 'At noon?'", summary: "A short mail" },
    { command: "mailsec send bob eve --title Report --file report.txt", summary: "A file" },
    { command: "df -h | mailsec send admin --title Disks --json", summary: "From a script" },
  ],
  load: () => import("./commands/send.ts"),
};

const list: Command = {
  name: "list",
  summary: "List the mails in the inbox, newest first",
  options: [
    { name: "unread", short: "u", summary: "Only mails that were not read yet" },
    { name: "sent", summary: "The mails that you sent, instead of the inbox" },
    {
      name: "sort",
      value: "KEY",
      summary: "What to sort by",
      choices: ["date", "sender", "title", "size"],
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
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec list --unread", summary: "What is new" },
    { command: "mailsec list --sort size --limit 10", summary: "The ten largest" },
    { command: "mailsec list --json | jq -r '.[].title'", summary: "All titles" },
  ],
  load: () => import("./commands/list.ts"),
};

const read: Command = {
  name: "read",
  summary: "Display a mail and mark it read",
  arguments: [
    {
      name: "mail",
      summary: "Index of the mail in the list, or its id, or the first digits of its id " +
        "(at least 4, one of them a letter).",
    },
  ],
  options: [
    {
      name: "body-only",
      summary: "Write exactly the bytes of the body (on a terminal: made safe to show)",
    },
    { name: "keep-unread", summary: "Do not mark the mail read" },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec read 12", summary: "The mail with index 12" },
    {
      command: "mailsec read 3f9a --body-only > report.pdf",
      summary: "Save a file that was sent",
    },
  ],
  load: () => import("./commands/read.ts"),
};

const completions: Command = {
  name: "completions",
  summary: "Write a script that completes mailsec's commands in your shell",
  arguments: [{ name: "shell", summary: "The shell", choices: ["bash", "zsh", "fish"] }],
  examples: [
    { command: 'eval "$(mailsec completions bash)"', summary: "For ~/.bashrc" },
    {
      command: "mailsec completions fish > ~/.config/fish/completions/mailsec.fish",
      summary: "For fish",
    },
  ],
  load: () => import("./commands/completions.ts"),
};

export const clientCommands: readonly Command[] = [
  connect,
  join,
  send,
  list,
  read,
  ...searchCommands,
  contacts,
  log,
  ...transferCommands,
  ...accountCommands,
  completions,
];
