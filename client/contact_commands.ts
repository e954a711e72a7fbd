/** `contacts` in the command table. Imports no code that runs. */

import type { Argument, Command } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

const NAME: Argument = { name: "name", summary: "User name" };
const FINGERPRINT: Argument = {
  name: "fingerprint",
  summary: "What they told you, in any spelling; quotes keep blanks together",
  optional: true,
};

const list: Command = {
  name: "list",
  summary: "Everybody on the server, and how sure you can be of their keys",
  description: [
    "STATE says whose keys are known to be right. verified: you have compared the fingerprints, or " +
    "the invite that you joined with named them. vouched: an administrator whose keys are verified " +
    "invited them. unverified: nobody has compared anything yet. changed and reset: they have " +
    "other keys than before, and mail to them is stopped until you have looked.",
  ],
  options: [JSON_OUTPUT, ...ACCOUNT],
  examples: [
    { command: "mailsec contacts", summary: "Who is here" },
    {
      command: `mailsec contacts list --json | jq -r '.[] | select(.state == "changed").user'`,
      summary: "Whose keys have changed",
    },
  ],
  load: () => import("./commands/contacts_list.ts"),
};

const show: Command = {
  name: "show",
  summary: "Your own fingerprint, or what is known of somebody's keys",
  arguments: [{ ...NAME, summary: "User name; without one: you", optional: true }],
  options: [
    { name: "qr", summary: "Show the fingerprint as a QR code, too (your own: on a terminal)" },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec contacts show", summary: "Your own fingerprint, to tell others" },
    { command: "mailsec contacts show bob --qr", summary: "Bob's, to compare with his screen" },
  ],
  load: () => import("./commands/contacts_show.ts"),
};

const verify: Command = {
  name: "verify",
  summary: "Compare somebody's fingerprint: then their keys are verified",
  description: [
    'Ask them, face to face or on the phone but not by mail, what "mailsec contacts show" says ' +
    "there. If that is what is known here, nobody can read your mail on its way. If it is not, " +
    "nothing changes, and the exit code is 5.",
    "Small letters, any dashes and blanks are fine; o counts as 0, i and l as 1. Without a " +
    "fingerprint you are asked for it.",
  ],
  arguments: [NAME, FINGERPRINT],
  options: [
    {
      name: "file",
      short: "f",
      value: "FILE",
      summary: 'Read it from a file: it alone, or lines like "bob: 0RH4-…" (-: standard input)',
      completes: "file",
    },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec contacts verify bob", summary: "See it, and type what bob says" },
    {
      command: "mailsec contacts verify bob 0rh4-7m2k-q3vd-81nz-0rh4-7m2k-q3vd-81nz",
      summary: "With what bob said",
    },
    { command: "mailsec contacts verify bob --file team.txt", summary: "From a list of the team" },
  ],
  load: () => import("./commands/contacts_verify.ts"),
};

const accept: Command = {
  name: "accept",
  summary: "Go on with somebody's new keys, and send them mail again",
  description: [
    "For contacts that are changed or reset. Ask them first, not by mail, whether they have new " +
    "keys. Better still is to compare fingerprints: mailsec contacts verify NAME.",
    "Without a terminal, give the new fingerprint: only these keys are accepted.",
  ],
  arguments: [NAME, { ...FINGERPRINT, summary: "The new one, which you have looked at" }],
  options: [JSON_OUTPUT, ...ACCOUNT],
  examples: [{ command: "mailsec contacts accept bob", summary: "See both, and decide" }],
  load: () => import("./commands/contacts_accept.ts"),
};

export const contacts: Command = {
  name: "contacts",
  summary: "The people on the server: whose keys are verified, and fingerprints",
  default: "list",
  subcommands: [list, show, verify, accept],
  examples: [
    { command: "mailsec contacts", summary: "Who is here" },
    { command: "mailsec contacts show", summary: "Your own fingerprint" },
    { command: "mailsec contacts verify bob", summary: "Compare bob's" },
  ],
};
