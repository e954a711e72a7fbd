/** `mailsec folders rename FOLDER NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const [folder, name] = [context.args.one("folder"), context.args.one("name")];
  await withMailbox(context, (mailbox) => mailbox.folders.rename(folder, name));
  await tellResult(context, { name }, `The folder is called "${escapeLine(name)}" now.`);
}
