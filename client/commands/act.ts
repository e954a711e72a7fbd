/** What commands that change mails have in common. */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import type { ActionResult, MailActions, Which } from "../mail_actions.ts";
import type { Mailbox } from "../mailbox.ts";
import { queryOfWords } from "./mail_query.ts";
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

export interface FolderAct {
  act(mails: MailActions, which: Which, folder: string): Promise<ActionResult>;
  /** What has become of the mails. @param folder As it is shown. */
  done(folder: string): string;
}

/** As `actOnMails`, for the mails that all words but the last one mean, and the folder that it names. */
export async function actIntoFolder(context: CommandContext, { act, done }: FolderAct) {
  const words = context.args.all("query");
  const folder = words.at(-1)!;
  if (words.length < 2) {
    throw new UsageError(
      "Which mails, or which folder, is not said.",
      "Give the mails and then the folder: mailsec move from:bob archive",
    );
  }
  const query = queryOfWords(words.slice(0, -1));
  const work = async ({ mails }: Mailbox) => (await act(mails, { query }, folder)).count;
  await actOnMails(context, work, done(escapeLine(folder)));
}
