/** `mailsec user remove NAME` */

import type { CommandContext } from "../../cli/command.ts";
import { removeUser } from "../admin/users.ts";
import { tellDone } from "./done.ts";
import { inOffice } from "./in_office.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data");
  const name = context.args.one("name");
  const user = await inOffice(context, config, (office) => removeUser(office, name));
  await tellDone(context, { user, done: "removed" });
}
