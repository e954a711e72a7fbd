/** Commands for one's own account, a part of the command table. Imports no code that runs. */

import type { Command, Option } from "../cli/command.ts";
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

const CONFIRM: Option = {
  ...YES,
  summary: "Do not ask: go on, and trust a server that is met for the first time",
};
const CONFIRMED_ACCOUNT = ACCOUNT.map((option) => option.name === "yes" ? CONFIRM : option);

const recover: Command = {
  name: "recover",
  summary: "Set a new password with the recovery code",
  description: [
    "Works on any computer: the name, the code and the server are all it takes. Mail and keys are " +
    "as they were. If the account opens on enrolled devices only, this computer becomes one.",
    "Without the password and without the code nobody can open a mailbox. An administrator can " +
    "reset it: then it is empty.",
  ],
  arguments: [
    { name: "host", summary: "The server: HOST, HOST:PORT or [IPV6]:PORT" },
    { name: "user", summary: "Your user name" },
  ],
  options: [
    PORT,
    CODE_FILE,
    {
      ...PASSWORD_FILE,
      summary: "Read the new password from the first line of a file that only you can read",
    },
    JSON_OUTPUT,
    CONFIG,
    YES,
  ],
  examples: [{ command: "mailsec recover mail.example.org alice", summary: "Get in again" }],
  load: () => import("./commands/recover.ts"),
};

const password: Command = {
  name: "password",
  summary: "Change your password",
  description: [
    "Mail, keys and recovery code stay as they are. Other devices are logged out and have to log " +
    "in with the new password. If the command breaks off, run it again; if the old password does " +
    "not count any more, the new one does.",
  ],
  options: [
    {
      name: "new-password-file",
      value: "FILE",
      summary: "Read the new password from the first line of a file that only you can read",
      completes: "file",
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [{ command: "mailsec password", summary: "Asks for the old one and the new one" }],
  load: () => import("./commands/password.ts"),
};

const recoveryCode: Command = {
  name: "recovery-code",
  summary: "Make a new recovery code; the one of before counts no more",
  description: [
    "At a terminal the code is shown and asked back before it counts. Without one it is written " +
    "to standard output, and counts if the exit code is 0.",
  ],
  options: [RECOVERY_FILE, JSON_OUTPUT, ...ACCOUNT],
  examples: [{ command: "mailsec recovery-code", summary: "When the old one was lost or seen" }],
  load: () => import("./commands/recovery_code.ts"),
};

const keys: Command = {
  name: "keys",
  summary: "Your keys",
  subcommands: [{
    name: "rotate",
    summary: "Replace your keys by new ones, which the old ones sign",
    description: [
      "Mail of before stays readable. The people who write to you follow without a question; " +
      "your fingerprint is another one. Other devices are logged out and log in as before.",
    ],
    options: [JSON_OUTPUT, ...ACCOUNT],
    examples: [{ command: "mailsec keys rotate", summary: "New keys" }],
    load: () => import("./commands/keys_rotate.ts"),
  }],
};

const devices: Command = {
  name: "devices",
  summary: "The devices that open a hardened account",
  description: [
    "A hardened account opens with the password and the secret of an enrolled device; then nobody " +
    "who has the server, its operator neither, can find the password by guessing. Other accounts " +
    "open with the password on any computer.",
  ],
  default: "list",
  subcommands: [
    {
      name: "list",
      summary: "List the enrolled devices",
      options: [JSON_OUTPUT, ...ACCOUNT],
      examples: [{ command: "mailsec devices", summary: "Which ones there are" }],
      load: () => import("./commands/devices_list.ts"),
    },
    {
      name: "add",
      summary: "Let one more device in, with a code that counts for ten minutes",
      description: [
        "Shows the code and waits until the new device has connected with it. Run it on a device " +
        "that is enrolled. With --json the code is the first line and the device the second.",
      ],
      options: [JSON_OUTPUT, ...ACCOUNT],
      examples: [{ command: "mailsec devices add", summary: "Then connect on the new device" }],
      load: () => import("./commands/devices_add.ts"),
    },
    {
      name: "remove",
      summary: "Take a device's access away",
      arguments: [{ name: "device", summary: "Its number or its name" }],
      options: [JSON_OUTPUT, ...ACCOUNT],
      examples: [{ command: "mailsec devices remove 2", summary: "The second of the list" }],
      load: () => import("./commands/devices_remove.ts"),
    },
    {
      name: "harden",
      summary: "Let the account open on enrolled devices only, this one being the first",
      options: [
        { name: "off", summary: "Let the password alone open it again, anywhere" },
        {
          name: "name",
          value: "NAME",
          summary: "What to call this device",
          default: "the name of the computer",
        },
        JSON_OUTPUT,
        ...CONFIRMED_ACCOUNT,
      ],
      examples: [{ command: "mailsec devices harden", summary: "Asks whether it is meant" }],
      load: () => import("./commands/devices_harden.ts"),
    },
  ],
};

const invite: Command = {
  name: "invite",
  summary: "Invite somebody, as an administrator",
  description: [
    "Writes the invite to standard output: a line for the new user alone. It counts once, for 72 " +
    "hours. When it was used, your client vouches for the new user's keys at its next login.",
    "With --reset a user who cannot get in any more begins anew, with new keys. The mailbox is " +
    "emptied: nobody can read it any more.",
  ],
  arguments: [{ name: "name", summary: "The user's name" }],
  options: [
    { name: "admin", summary: "The new user may invite others, too" },
    { name: "reset", summary: "Let a user who has joined already begin anew; asks first" },
    {
      name: "address",
      value: "HOST[:PORT]",
      summary: "Where the new user reaches the server",
      default: "as you do",
    },
    JSON_OUTPUT,
    ...CONFIRMED_ACCOUNT,
  ],
  examples: [{ command: "mailsec invite bob", summary: "An invite for bob" }],
  load: () => import("./commands/invite.ts"),
};

export const accountCommands: readonly Command[] = [
  recover,
  password,
  recoveryCode,
  keys,
  devices,
  invite,
];
