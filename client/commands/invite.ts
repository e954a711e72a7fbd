/** `mailsec invite NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { EXIT_FAILED, EXIT_OK } from "../../cli/exit_codes.ts";
import { escapedJson } from "../../cli/escape.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { parseServerAddress } from "../address.ts";
import { confirmed } from "./confirmed.ts";
import { asUsage, withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const user = asUsage(() => normalizeUserName(context.args.one("name").trim()));
  const address = options.text("address");
  if (address !== undefined) asUsage(() => parseServerAddress(address));
  const reset = options.flag("reset");
  if (reset && !await confirmed(context, whatResetDoes(user), `Reset ${user}?`)) {
    return EXIT_FAILED;
  }
  const admin = options.flag("admin");
  const made = await withMailbox(context, ({ care }) =>
    care.inviteUser({
      ...{ user, admin, reset },
      ...address === undefined ? {} : { address },
    }));
  if (options.flag("json")) {
    await context.stdout(`${escapedJson({ ...made })}\n`);
    return EXIT_OK;
  }
  await context.stdout(`${made.invite}\n`);
  await context.stderr(
    `Good for one use until ${made.expires}. Give it to ${user} alone, not by a way that others\n` +
      `read. ${user} runs: mailsec join INVITE\n`,
  );
  return EXIT_OK;
}

/** What somebody must know who is about to reset an account. */
export function whatResetDoes(user: string): string[] {
  return [
    `This gives ${user} a new start with new keys.`,
    "The mailbox is emptied for good: without the old keys nobody can read it.",
    `Everybody who writes to ${user} is told that the keys are new.`,
  ];
}
