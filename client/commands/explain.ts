/** Explanations beside the output of a command. */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { wrapMessage } from "../../cli/wrap.ts";

/** Columns by which the further lines of an explanation are indented. */
const INDENT = 4;

/** Writes a line to standard error; made safe to show, and wrapped for a terminal. */
export function explain(
  { stderr, stderrIsTerminal, columns }: Pick<
    CommandContext,
    "stderr" | "stderrIsTerminal" | "columns"
  >,
  text: string,
): Promise<void> {
  const width = stderrIsTerminal ? columns : Infinity;
  const lines = wrapMessage(escapeLine(text), width, INDENT);
  return stderr(lines.map((line) => `${line}\n`).join(""));
}
