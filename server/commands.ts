/** The rows of the command table that concern the server. */

import type { Command, Option } from "../cli/command.ts";
import {
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_CONNECTIONS_PER_USER,
  DEFAULT_PORT,
  MAX_BODY_BYTES,
  MAX_MESSAGE_BYTES,
} from "../protocol/limits.ts";
import { DATA_FOLDER, JSON_OUTPUT, KEY_PASSPHRASE } from "./command_options.ts";
import { server } from "./key_commands.ts";

const PUBLIC_ADDRESS: Option = {
  name: "public-address",
  summary: "What invites name",
  value: "HOST:PORT",
  default: "this machine's host name and the port",
  env: "MAILSEC_PUBLIC_ADDRESS",
};
const NAME = { name: "name", summary: "The user's name" } as const;

const serve: Command = {
  name: "serve",
  summary: "Run the server",
  description: [
    "The first run makes the data folder and the server's keys. Once it accepts connections it " +
    "writes “listening on HOST:PORT” to standard error, and from then on a line an event. " +
    "SIGTERM or Ctrl-C ends it in good order, a second one at once.",
    "Settings come from the flags, then from MAILSEC_… variables, then from mailsec.toml in the " +
    "data folder, then from the defaults.",
  ],
  options: [
    {
      name: "host",
      summary: "Address to listen on",
      value: "HOST",
      default: "0.0.0.0",
      env: "MAILSEC_HOST",
    },
    {
      name: "port",
      short: "p",
      summary: "Port to listen on; 0 picks a free one",
      value: "PORT",
      integer: { min: 0, max: 65_535 },
      default: String(DEFAULT_PORT),
      env: "MAILSEC_PORT",
    },
    ...DATA_FOLDER,
    {
      name: "max-connections",
      summary: "Users connected at once",
      value: "N",
      integer: { min: 1, max: 10_000 },
      default: String(DEFAULT_MAX_CONNECTIONS),
      env: "MAILSEC_MAX_CONNECTIONS",
    },
    {
      name: "max-connections-per-user",
      summary: "Sessions of one user at once",
      value: "N",
      integer: { min: 1, max: 10_000 },
      default: String(DEFAULT_MAX_CONNECTIONS_PER_USER),
      env: "MAILSEC_MAX_CONNECTIONS_PER_USER",
    },
    {
      name: "max-message-bytes",
      summary: "Greatest message, attachments included",
      value: "BYTES",
      integer: { min: 2 * MAX_BODY_BYTES, max: MAX_MESSAGE_BYTES },
      default: String(MAX_MESSAGE_BYTES),
      env: "MAILSEC_MAX_MESSAGE_BYTES",
    },
    PUBLIC_ADDRESS,
    {
      name: "log",
      summary: "Format of the log",
      value: "FORMAT",
      choices: ["text", "json"],
      default: "text on a terminal, json otherwise",
      env: "MAILSEC_LOG",
    },
    { name: "print-config", summary: "Show the settings and where each comes from, then end" },
    { name: "json", summary: "Show the settings as JSON (with --print-config)" },
  ],
  examples: [
    { command: "mailsec serve", summary: "Serve 5 users on the default port" },
    { command: "mailsec serve --port 0 --data /srv/mail", summary: "On a free port" },
  ],
  load: () => import("./commands/serve.ts"),
};

const user: Command = {
  name: "user",
  summary: "Manage the server's users",
  description: [
    "To be run on the server's machine, by the user that owns the data folder, with the server " +
    "running or not.",
  ],
  subcommands: [
    {
      name: "invite",
      summary: "Invite a user",
      description: [
        "Writes the invite line, alone, to standard output. Hand it over on a way that only the " +
        "invited user can read; it is good for 72 hours and for one use. A second invite for the " +
        "same name replaces the first.",
        "An administrator may invite and reset others from her own machine (mailsec invite).",
      ],
      arguments: [NAME],
      options: [
        { name: "admin", summary: "The user will be an administrator" },
        ...DATA_FOLDER,
        PUBLIC_ADDRESS,
        JSON_OUTPUT,
      ],
      examples: [{ command: "mailsec user invite alice", summary: "Let alice join" }],
      load: () => import("./commands/user_invite.ts"),
    },
    {
      name: "reset",
      summary: "Give a user who cannot get in any more a new start",
      description: [
        "For a user who has lost password and recovery code. The account goes back to invited, open " +
        "sessions end, and the mailbox is emptied: nobody can read it without the keys that are " +
        "lost. Everybody sees the reset in the key log, and mail to this user waits until its " +
        "sender has accepted the new keys.",
        "Writes a new invite line, alone, to standard output.",
      ],
      arguments: [NAME],
      options: [
        { name: "yes", short: "y", summary: "Do not ask" },
        ...DATA_FOLDER,
        PUBLIC_ADDRESS,
        JSON_OUTPUT,
      ],
      load: () => import("./commands/user_reset.ts"),
    },
    {
      name: "role",
      summary: "Make a user an administrator, or a member again",
      description: [
        "Administrators may invite and reset others from their own machines. Everybody sees the " +
        "change in the key log.",
      ],
      arguments: [NAME, { name: "role", summary: "The new role", choices: ["admin", "member"] }],
      options: [...DATA_FOLDER, JSON_OUTPUT],
      examples: [{ command: "mailsec user role alice admin", summary: "Let alice invite others" }],
      load: () => import("./commands/user_role.ts"),
    },
    {
      name: "list",
      summary: "Show all users",
      options: [...DATA_FOLDER, JSON_OUTPUT],
      load: () => import("./commands/user_list.ts"),
    },
    {
      name: "disable",
      summary: "Keep a user out; open sessions end",
      arguments: [NAME],
      options: [...DATA_FOLDER, JSON_OUTPUT],
      load: () => import("./commands/user_disable.ts"),
    },
    {
      name: "enable",
      summary: "Let a disabled user in again",
      arguments: [NAME],
      options: [...DATA_FOLDER, JSON_OUTPUT],
      load: () => import("./commands/user_enable.ts"),
    },
    {
      name: "remove",
      summary: "Remove a user with the mailbox; there is no way back",
      arguments: [NAME],
      options: [...DATA_FOLDER, JSON_OUTPUT],
      load: () => import("./commands/user_remove.ts"),
    },
  ],
};

const verify: Command = {
  name: "verify",
  summary: "Check a data folder for damage",
  description: [
    "Reads everything that is stored, with the server running or not. Ends with 0 when all is well.",
  ],
  arguments: [{ name: "dir", summary: "The server's data folder", completes: "directory" }],
  options: [KEY_PASSPHRASE, JSON_OUTPUT],
  load: () => import("./commands/verify.ts"),
};

/** In the order of `mailsec --help`. */
export const serverCommands: readonly Command[] = [serve, user, server, verify];
