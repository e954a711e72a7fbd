/** What commands that change mails have in common. */

import type { CommandContext } from "../../cli/command.ts";
import type { Mailbox } from "../mailbox.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

/** Does something to mails, and tells to how many: `3 mails moved to "archive".` */
export async function actOnMails(
  context: CommandContext,
  act: (mailbox: Mailbox) => Promise<number>,
  done: string,
): Promise<void> {
  const count = await withMailbox(context, act);
  const sentence = count === 0
    ? "Nothing had to be changed."
    : `${count} ${count === 1 ? "mail" : "mails"} ${done}.`;
  await tellResult(context, { count }, sentence);
}

/** The words of a command whose last one is a folder. */
export function wordsAndFolder(words: readonly string[]): { query: string[]; folder: string } {
  return { query: words.slice(0, -1), folder: words.at(-1)! };
}
