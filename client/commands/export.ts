/** `mailsec export` */

import type { CommandContext } from "../../cli/command.ts";

export function run(_context: CommandContext): Promise<void> {
  throw new Error("not built yet");
}
