/** `mailsec devices harden` */

import type { CommandContext } from "../../cli/command.ts";
import { EXIT_FAILED, EXIT_OK } from "../../cli/exit_codes.ts";
import { escapeLine } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { computerName } from "../care/device_name.ts";
import { confirmed } from "./confirmed.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

const WHAT_IT_DOES = [
  "From now on this account opens on enrolled devices only, of which this is the first; the",
  "password alone opens it nowhere. Others are let in with: mailsec devices add",
  "If all of them are lost, only the recovery code opens it: have it at hand.",
];

export async function run(context: CommandContext): Promise<number> {
  const name = context.options.text("name");
  if (context.options.flag("off")) {
    if (name !== undefined) throw new UsageError("--off and --name exclude each other.");
    await withMailbox(context, ({ care }) => care.relax());
    await tellResult(
      context,
      { hardened: false },
      "From now on the password alone opens this account, on any computer.",
    );
    return EXIT_OK;
  }
  if (!await confirmed(context, WHAT_IT_DOES, "Harden it?")) return EXIT_FAILED;
  const device = await withMailbox(context, ({ care }) => care.harden(name ?? computerName()));
  await tellResult(
    context,
    { hardened: true, device },
    `This account opens on enrolled devices only. This one is called ${escapeLine(device.name)}.`,
  );
  return EXIT_OK;
}
