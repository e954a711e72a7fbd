import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";

/** Says that something was done to a user; as JSON on standard output if that is asked for. */
export async function tellDone(
  context: CommandContext,
  { user, done }: { user: string; done: "disabled" | "enabled" | "removed" },
): Promise<void> {
  if (context.options.flag("json")) await context.stdout(escapedJson({ user, done }) + "\n");
  else await context.stderr(`${user} is ${done}.\n`);
}
