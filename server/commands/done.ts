import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";

const WORDS = {
  disabled: "disabled",
  enabled: "enabled",
  removed: "removed",
  admin: "an administrator",
  member: "a member",
} as const;

/** Says that something was done to a user; as JSON on standard output if that is asked for. */
export async function tellDone(
  context: CommandContext,
  { user, done }: { user: string; done: keyof typeof WORDS },
): Promise<void> {
  if (context.options.flag("json")) await context.stdout(escapedJson({ user, done }) + "\n");
  else await context.stderr(`${user} is ${WORDS[done]}.\n`);
}
