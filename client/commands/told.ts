import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";

/** Tells what was done: as JSON to standard output if that is asked for, else as a sentence. */
export async function tellResult(
  context: CommandContext,
  json: Record<string, unknown>,
  sentence: string,
): Promise<void> {
  if (context.options.flag("json")) await context.stdout(`${escapedJson(json)}\n`);
  else await context.stderr(`${sentence}\n`);
}
