/** Sending and reading, a part of the command table. Imports no code that runs: see `load`. */

import type { Command, Option } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

const MAIL_NAME =
  "its index in the list, its id, or the first digits of its id (at least 4, one of " +
  "them a letter)";

function names(name: string, summary: string): Option {
  return { name, value: "NAME", summary, repeatable: true };
}

const send: Command = {
  name: "send",
  summary: "Send a mail from the command line",
  description: [
    "The body is the text of --body, the bytes of --file, or standard input up to its end. It " +
    "comes out at the other end byte for byte.",
    "An answer (--reply-to) goes to the sender, with --all to everybody, unless you name others; " +
    "--quote puts the answered text below yours. A forwarded mail keeps its attachments. With " +
    "--draft nothing is sent: the mail is kept, sealed, on the server, and mailsec list in:drafts " +
    "shows it on every computer.",
  ],
  arguments: [
    {
      name: "to",
      summary: 'User names, also several in one word: "bob;eve"',
      optional: true,
      repeated: true,
    },
  ],
  options: [
    { name: "title", short: "t", value: "TITLE", summary: "The title; required for a new mail" },
    { name: "body", short: "b", value: "TEXT", summary: "The body" },
    {
      name: "file",
      short: "f",
      value: "FILE",
      summary: "Load the body from a file",
      completes: "file",
    },
    {
      name: "attach",
      short: "a",
      value: "FILE",
      summary: "Attach a file; may be given several times",
      repeatable: true,
      completes: "file",
    },
    names("cc", "Send a copy to this user too"),
    names("bcc", "Send a copy that nobody else learns of"),
    { name: "reply-to", value: "MAIL", summary: `Answer a mail: ${MAIL_NAME}` },
    { name: "all", summary: "With --reply-to: answer everybody who got the mail" },
    { name: "quote", summary: "With --reply-to: quote the mail below the body" },
    { name: "forward", value: "MAIL", summary: "Pass a mail on, with its attachments" },
    {
      name: "from-draft",
      value: "MAIL",
      summary: "Send a draft, changed as the other options say",
    },
    { name: "draft", summary: "Keep it as a draft instead of sending it" },
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
    {
      command: "mailsec send bob --cc eve --title Report --body 'See file.' --attach report.pdf",
      summary: "With a file",
    },
    { command: "mailsec send --reply-to 12 --quote --body 'Yes.'", summary: "An answer" },
    { command: "df -h | mailsec send admin --title Disks --json", summary: "From a script" },
  ],
  load: () => import("./commands/send.ts"),
};

const read: Command = {
  name: "read",
  summary: "Display a mail and mark it read",
  description: [
    "Of mail in HTML only the text is shown, and where its links lead; nothing is ever fetched.",
    "Attachments are saved under safe names, for you alone, and never over a file that is there: " +
    'a second "a.pdf" becomes "a (2).pdf".',
  ],
  arguments: [{ name: "mail", summary: `Which one: ${MAIL_NAME}` }],
  options: [
    {
      name: "body-only",
      summary: "Write exactly the bytes of the body (on a terminal: made safe to show)",
    },
    {
      name: "save-attachments",
      value: "DIR",
      summary: "Save the attachments in this folder",
      completes: "directory",
    },
    {
      name: "attachment",
      value: "N",
      summary: "With --save-attachments: only the one with this number",
      integer: { min: 1, max: 1000 },
    },
    { name: "keep-unread", summary: "Do not mark the mail read" },
    JSON_OUTPUT,
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec read 12", summary: "The mail with index 12" },
    { command: "mailsec read 12 --save-attachments .", summary: "Its files, into this folder" },
    {
      command: "mailsec read 3f9a --body-only > report.pdf",
      summary: "Save a body that was loaded from a file",
    },
  ],
  load: () => import("./commands/read.ts"),
};

export const sendCommands: readonly Command[] = [send, read];
