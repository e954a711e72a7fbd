/** Showing a recovery code, once, and asking it back. */

import { equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { InterruptedError, type Prompter } from "./prompter.ts";

/**
 * Shows the code, and returns when a person has typed it from the paper: so it was written down.
 *
 * @param tell Shows a line.
 * @throws {InterruptedError} on Ctrl-C or Ctrl-D.
 */
export async function askRecoveryCodeBack(
  prompter: Prompter,
  code: string,
  tell: (line: string) => Promise<void>,
): Promise<void> {
  const wanted = parseRecoveryCode(code);
  const show = async () => {
    await tell("Your recovery code:");
    await tell(`  ${code}`);
  };
  await show();
  await tell("Write it on paper. It sets a new password when you have lost yours.");
  await tell("It is shown only now. Without password and code your mail is lost for ever.");
  while (true) {
    const answer = await prompter.ask("Type it from your paper (Enter shows it again): ");
    if (answer === null) throw new InterruptedError();
    if (answer.trim() === "") await show();
    else if (isCode(answer, wanted)) return;
    else await tell("This is not the code. Look at what you wrote down.");
  }
}

function isCode(answer: string, wanted: Uint8Array): boolean {
  try {
    return equalBytes(parseRecoveryCode(answer), wanted);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
