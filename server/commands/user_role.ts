/** `mailsec user role NAME ROLE` */

import type { CommandContext } from "../../cli/command.ts";
import { setRole } from "../admin/users.ts";
import { tellDone } from "./done.ts";
import { inOffice } from "./in_office.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data");
  const name = context.args.one("name");
  const role = context.args.one("role") === "admin" ? "admin" : "member";
  const user = await inOffice(context, config, (office) => setRole(office, name, role));
  await tellDone(context, { user, done: role });
}
