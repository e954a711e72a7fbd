/** The client's part of the command table. Imports no code that runs: see `load`. */

import type { Command } from "../cli/command.ts";
import { accountCommands } from "./account_commands.ts";
import { contacts } from "./contact_commands.ts";
import { log } from "./log_commands.ts";
import { mailCommands } from "./mail_commands.ts";
import { sendCommands } from "./send_commands.ts";
import { watch } from "./watch_commands.ts";
import { searchCommands } from "./search_commands.ts";
import { transferCommands } from "./transfer_commands.ts";
import {
  CODE_FILE,
  CONFIG,
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
    "A mail can be written in your editor: VISUAL or EDITOR must name it. The text is in a file " +
    "meanwhile, for you alone; where XDG_RUNTIME_DIR names a folder that is kept in memory, there, " +
    "so that it does not get to a disk. It is overwritten and removed afterwards.",
    "New mail is announced at once, with a bell: MAILSEC_BELL=off keeps it silent.",
    "What was begun and not sent is saved as a draft, sealed, on the server: choose 1 to go on with " +
    "it, on any computer.",
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
  // The user's editor.
  runs: true,
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
  ...sendCommands,
  ...mailCommands,
  watch,
  ...searchCommands,
  contacts,
  log,
  ...transferCommands,
  ...accountCommands,
  completions,
];
