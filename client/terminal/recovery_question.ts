/** Showing a recovery code, once, and asking it back. */

import { equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import type { KeepCode } from "../account_care.ts";
import { fingerprintLines } from "./contact_text.ts";
import { InterruptedError, type Prompter } from "./prompter.ts";

export interface RecoveryDialogue {
  readonly prompter: Prompter;
  /** Width of the terminal, in columns. */
  readonly width: number;
  /** Shows a line. */
  tell(line: string): Promise<void>;
}

/**
 * Shows the code, and returns when a person has typed it from the paper: so it was written down.
 *
 * @throws {InterruptedError} on Ctrl-C or Ctrl-D.
 */
export function askToKeepCode({ prompter, width, tell }: RecoveryDialogue): KeepCode {
  return async (code) => {
    const wanted = parseRecoveryCode(code);
    const show = async () => {
      await tell("Your recovery code:");
      for (const line of fingerprintLines(code, width - 2)) await tell(`  ${line}`);
    };
    await show();
    await tell("Write it on paper: it sets a new password when you have lost yours.");
    await tell("It is shown only now. Without password and code your mail is lost for ever.");
    while (true) {
      const answer = await prompter.ask("Type it from your paper (Enter shows it again): ");
      if (answer === null) throw new InterruptedError();
      if (answer.trim() === "") await show();
      else if (isCode(answer, wanted)) return;
      else await tell("This is not the code. Look at what you wrote down.");
    }
  };
}

function isCode(answer: string, wanted: Uint8Array): boolean {
  try {
    return equalBytes(parseRecoveryCode(answer), wanted);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
