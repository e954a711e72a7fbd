/** `mailsec completions SHELL` */

import type { CommandContext } from "../../cli/command.ts";
import { completionScript, type Shell } from "../../cli/completions.ts";

export async function run(context: CommandContext): Promise<void> {
  await context.stdout(completionScript(context.args.one("shell") as Shell, context.program));
}
