/** `mailsec keys rotate` */

import type { CommandContext } from "../../cli/command.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const { user, ...rotated } = await withMailbox(context, async (mailbox) => {
    await context.stderr("Making new keys…\n");
    return { user: mailbox.me, ...await mailbox.care.rotateKeys() };
  });
  await tellResult(
    context,
    { user, ...rotated },
    `${user} has new keys. Mail of before stays readable, and the people who write to you follow\n` +
      "by themselves, since the old keys have signed the new ones. Your fingerprint is now\n" +
      `  ${rotated.now}`,
  );
}
