/** `mailsec user invite NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { withOffice } from "../admin/office.ts";
import { inviteUser } from "../admin/users.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data and address");
  const { user, invite, expires } = await withOffice(
    config.data,
    (office) =>
      inviteUser(office, context.args.one("name"), {
        now: Date.now(),
        address: config.publicAddress,
      }),
  );
  const until = new Date(expires).toISOString();
  if (context.options.flag("json")) {
    await context.stdout(escapedJson({ user, invite, expires: until }) + "\n");
    return;
  }
  await context.stdout(invite + "\n");
  await context.stderr(`Good for one use until ${until}. ${user} runs: mailsec join INVITE\n`);
}
