/** The one question of the administrator's commands: whether something is really meant. */

import type { CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/usage_error.ts";

const MAX_ANSWER_BYTES = 1024;

/**
 * Tells what will happen and asks whether it shall; with `--yes` it shall. Questions go to standard
 * error, so that standard output has the result alone.
 *
 * @throws {UsageError} when nobody is there to answer.
 */
export async function confirmed(
  context: CommandContext,
  what: readonly string[],
  question: string,
): Promise<boolean> {
  if (context.options.flag("yes")) return true;
  if (!context.stdinIsTerminal) {
    throw new UsageError("There is no terminal to ask whether this is meant.", "Give --yes");
  }
  await context.stderr([...what, `${question} (y/N) `].join("\n"));
  const answer = new Uint8Array(MAX_ANSWER_BYTES);
  const length = await Deno.stdin.read(answer) ?? 0;
  const text = new TextDecoder().decode(answer.subarray(0, length)).trim().toLowerCase();
  return text === "y" || text === "yes";
}
