/** `mailsec user reset NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { EXIT_FAILED, EXIT_OK } from "../../cli/exit_codes.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { resetUser } from "../admin/invites.ts";
import { confirmed } from "./confirm.ts";
import { inOffice } from "./in_office.ts";
import { commandConfig } from "./settings.ts";
import { tellInvite } from "./tell_invite.ts";

export async function run(context: CommandContext): Promise<number> {
  const { config } = commandConfig(context, "data and address");
  const user = normalizeUserName(context.args.one("name"));
  const what = [
    `This gives ${user} a new start with new keys.`,
    "The mailbox is emptied for good: without the old keys nobody can read it.",
    `Everybody who writes to ${user} is told that the keys are new.`,
  ];
  if (!await confirmed(context, what, `Reset ${user}?`)) {
    await context.stderr("Nothing was changed.\n");
    return EXIT_FAILED;
  }
  const options = { now: Date.now(), address: config.publicAddress };
  await tellInvite(
    context,
    await inOffice(context, config, (office) => resetUser(office, user, options)),
  );
  return EXIT_OK;
}
