/** `mailsec restore QUERY` */

import type { CommandContext } from "../../cli/command.ts";
import { actOnMails } from "./act.ts";
import { queryOfWords } from "./mail_query.ts";

export async function run(context: CommandContext): Promise<void> {
  const query = `in:trash (${queryOfWords(context.args.all("query"))})`;
  await actOnMails(
    context,
    async ({ mails }) => (await mails.restore({ query })).count,
    "put back to where they were",
  );
}
