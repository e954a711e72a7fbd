/** `mailsec copy QUERY FOLDER` */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { actOnMails, wordsAndFolder } from "./act.ts";
import { queryOfWords } from "./mail_query.ts";
import { noFolder } from "./move.ts";

export async function run(context: CommandContext): Promise<void> {
  const { query: words, folder } = wordsAndFolder(context.args.all("query"));
  if (words.length === 0) throw noFolder();
  const query = queryOfWords(words);
  await actOnMails(
    context,
    async ({ mails }) => (await mails.copy({ query }, folder)).count,
    `also in "${escapeLine(folder)}" now`,
  );
}
