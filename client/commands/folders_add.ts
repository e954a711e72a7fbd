/** `mailsec folders add NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const wanted = context.args.one("folder");
  const { name } = await withMailbox(context, (mailbox) => mailbox.folders.add(wanted));
  await tellResult(context, { name }, `There is a folder "${escapeLine(name)}" now.`);
}
