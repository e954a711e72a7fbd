/** Watching for new mail, a part of the command table. Imports no code that runs: see `load`. */

import type { Command } from "../cli/command.ts";
import { ACCOUNT, JSON_OUTPUT } from "./commands/account_options.ts";

export const watch: Command = {
  name: "watch",
  summary: "Tell of new mail as it arrives, until Ctrl-C",
  description: [
    "Every mail that arrives is told once, on a line of its own. A lost connection is opened again " +
    "by itself, and what came in the meantime is told then.",
    "--exec runs a command of yours, in a shell, for each mail, one after another: it gets the mail " +
    "as JSON on standard input, and MAILSEC_ID, MAILSEC_INDEX, MAILSEC_FROM and MAILSEC_TITLE in " +
    "its environment. Write them in quotation marks: others choose their titles. A command that " +
    "fails or takes longer than a minute is told about and ended; the watching goes on.",
    "With a query only the mails that it means are told of.",
  ],
  arguments: [
    {
      name: "query",
      summary: "Which mails; all that arrive without it",
      optional: true,
      repeated: true,
    },
  ],
  options: [
    { name: "exec", value: "CMD", summary: "Run this command for each mail" },
    { name: "bell", summary: "Ring the terminal's bell" },
    { name: "once", summary: "End after the first mail" },
    { ...JSON_OUTPUT, summary: "Write a line of JSON for each mail" },
    ...ACCOUNT,
  ],
  examples: [
    { command: "mailsec watch --bell", summary: "In a terminal of its own" },
    {
      command: `mailsec watch --exec 'notify-send "$MAILSEC_FROM" "$MAILSEC_TITLE"'`,
      summary: "On the desktop",
    },
    { command: "mailsec watch from:build --json | ./react", summary: "For a script" },
  ],
  runs: true,
  load: () => import("./commands/watch.ts"),
};
