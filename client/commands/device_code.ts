/** The code that lets this computer into a hardened account: `--code-file`, or asked for. */

import type { Bytes } from "../../crypto/bytes.ts";
import { parseEnrolmentCode } from "../../crypto/enrolment_code.ts";
import { FormatError } from "../../crypto/errors.ts";
import { InterruptedError, type Prompter } from "../terminal/prompter.ts";

/** Asks until something was typed that can be a code. @throws {InterruptedError} */
export async function askDeviceCode(
  prompter: Prompter,
  tell: (line: string) => Promise<void>,
): Promise<Bytes> {
  return await askCode(prompter, { question: "Device code: ", parse: parseEnrolmentCode, tell });
}

/** Asks for a code of any kind until it is not mistyped. @throws {InterruptedError} */
export async function askCode(
  prompter: Prompter,
  { question, parse, tell }: {
    question: string;
    parse: (text: string) => Bytes;
    tell: (line: string) => Promise<void>;
  },
): Promise<Bytes> {
  while (true) {
    const typed = await prompter.ask(question);
    if (typed === null) throw new InterruptedError();
    if (typed.trim() === "") continue;
    try {
      return parse(typed);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      await tell(`${error.message} ${error.hint ?? ""}`.trim());
    }
  }
}
