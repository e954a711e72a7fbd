/** `mailsec move QUERY FOLDER` */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { actOnMails, wordsAndFolder } from "./act.ts";
import { queryOfWords } from "./mail_query.ts";

export async function run(context: CommandContext): Promise<void> {
  const { query: words, folder } = wordsAndFolder(context.args.all("query"));
  if (words.length === 0) throw noFolder();
  const query = queryOfWords(words);
  await actOnMails(
    context,
    async ({ mails }) => (await mails.move({ query }, folder)).count,
    `moved to "${escapeLine(folder)}"`,
  );
}

/** For a single word, which is either the mails or the folder. */
export function noFolder(): UsageError {
  return new UsageError(
    "Which mails, or which folder, is not said.",
    "Give the mails and then the folder: mailsec move from:bob archive",
  );
}
