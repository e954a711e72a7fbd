/** `mailsec delete QUERY [--forever]` */

import type { CommandContext } from "../../cli/command.ts";
import { NotFoundError } from "../errors.ts";
import type { Mailbox } from "../mailbox.ts";
import { confirmed } from "./confirmed.ts";
import { actOnMails } from "./act.ts";
import { queryOfWords } from "./mail_query.ts";

/** More mails than these are not erased for ever without asking. */
const ERASED_UNASKED = 100;

export async function run(context: CommandContext): Promise<void> {
  const query = queryOfWords(context.args.all("query"));
  if (context.options.flag("forever")) {
    return await actOnMails(
      context,
      (mailbox) => erase(context, mailbox, query),
      "erased for ever",
    );
  }
  await actOnMails(
    context,
    async ({ mails }) => (await mails.trash({ query })).count,
    "put into the trash, for 30 days",
  );
}

/** Only of what is in the trash: nothing that is deleted is gone by one command. */
async function erase(context: CommandContext, mailbox: Mailbox, query: string): Promise<number> {
  const inTrash = `in:trash (${query})`;
  const found = await mailbox.list({ query: inTrash });
  if (found.length === 0) {
    throw new NotFoundError("No mail in the trash matches.", {
      hint: "Only what is in the trash is erased for ever: delete it first.",
    });
  }
  if (found.length > ERASED_UNASKED) {
    const what = [`${found.length} mails will be erased. Nothing brings them back.`];
    if (!await confirmed(context, what, "Erase them?")) return 0;
  }
  return await mailbox.mails.erase({ ids: found.map(({ id }) => id) });
}
