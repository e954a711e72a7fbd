/** `mailsec verify DIR` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine } from "../../cli/escape.ts";
import { EXIT_FAILED, EXIT_OK } from "../../cli/exit_codes.ts";
import { verifyOffice } from "../admin/verify.ts";
import { inOffice } from "./in_office.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<number> {
  const { config } = commandConfig(context, "data", context.args.one("dir"));
  const { users, problems } = await inOffice(context, config, verifyOffice);
  const ok = problems.length === 0;
  if (context.options.flag("json")) {
    await context.stdout(escapedJson({ ok, users, problems }) + "\n");
  } else {
    for (const problem of problems) await context.stdout(escapeLine(problem) + "\n");
    const all = `${users} ${users === 1 ? "user" : "users"}`;
    await context.stderr(ok ? `All is well: ${all}.\n` : `${problems.length} problems: ${all}.\n`);
  }
  return ok ? EXIT_OK : EXIT_FAILED;
}
