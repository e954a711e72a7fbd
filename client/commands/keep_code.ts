/** How a new recovery code reaches its owner. */

import type { CommandContext } from "../../cli/command.ts";
import type { KeepCode } from "../account_care.ts";
import { terminal } from "../terminal/questions.ts";
import { askToKeepCode } from "../terminal/recovery_question.ts";
import { writeSecretFile } from "./secret_file.ts";

/**
 * To the file that `--recovery-file` names; else at the terminal, where it is asked back; without
 * one, to standard output.
 */
export function keepRecoveryCode(context: CommandContext): KeepCode {
  const file = context.options.text("recovery-file");
  return async (code) => {
    if (file !== undefined) return await writeSecretFile(file, code);
    const prompter = terminal(context);
    if (prompter !== null) {
      const tell = (line: string) => context.stderr(`${line}\n`);
      return await askToKeepCode({ prompter, width: context.columns, tell })(code);
    }
    await context.stderr("The recovery code. Keep it safe: it is not shown again.\n");
    await context.stdout(`${code}\n`);
  };
}
