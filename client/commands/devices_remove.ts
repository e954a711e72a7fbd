/** `mailsec devices remove DEVICE` */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const removed = await withMailbox(
    context,
    ({ care }) => care.removeDevice(context.args.one("device")),
  );
  await tellResult(
    context,
    { ...removed },
    `${escapeLine(removed.name)} does not open the account any more. If it was lost or stolen\n` +
      "while the mailbox was open on it, change the password and rotate the keys too.",
  );
}
