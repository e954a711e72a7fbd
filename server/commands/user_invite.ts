/** `mailsec user invite NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { inviteUser } from "../admin/invites.ts";
import { inOffice } from "./in_office.ts";
import { commandConfig } from "./settings.ts";
import { tellInvite } from "./tell_invite.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data and address");
  const options = {
    now: Date.now(),
    address: config.publicAddress,
    ...(context.options.flag("admin") ? { role: "admin" as const } : {}),
  };
  const invite = await inOffice(
    context,
    config,
    (office) => inviteUser(office, context.args.one("name"), options),
  );
  await tellInvite(context, invite);
}
