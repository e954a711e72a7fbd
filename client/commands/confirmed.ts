import type { CommandContext } from "../../cli/command.ts";
import { confirm, noTerminal, terminal } from "../terminal/questions.ts";

/**
 * Tells what will happen and asks whether it shall; with `--yes` it shall.
 *
 * @throws {UsageError} when nobody is there to answer.
 */
export async function confirmed(
  context: CommandContext,
  what: readonly string[],
  question: string,
): Promise<boolean> {
  if (context.options.flag("yes")) return true;
  const prompter = terminal(context);
  if (prompter === null) throw noTerminal("a yes", "--yes");
  await context.stderr(what.map((line) => `${line}\n`).join(""));
  if (await confirm(prompter, question, false)) return true;
  await context.stderr("Nothing was changed.\n");
  return false;
}
