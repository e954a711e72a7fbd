/** `mailsec recovery-code` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import type { KeepCode } from "../account_care.ts";
import { keepRecoveryCode } from "./keep_code.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const user = await withMailbox(context, async (mailbox) => {
    await mailbox.care.renewRecoveryCode(keeper(context, mailbox.me));
    return mailbox.me;
  });
  await context.stderr(`From now on this recovery code of ${user} counts, and no earlier one.\n`);
}

/** With `--json` and no file, the code is JSON; it counts when the command has ended well. */
function keeper(context: CommandContext, user: string): KeepCode {
  const toFile = context.options.text("recovery-file") !== undefined;
  if (toFile || !context.options.flag("json")) return keepRecoveryCode(context);
  return (recoveryCode) => context.stdout(`${escapedJson({ user, recoveryCode })}\n`);
}
