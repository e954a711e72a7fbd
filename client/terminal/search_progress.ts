/** How far the search index is, in one line of a terminal. */

import type { CommandContext } from "../../cli/command.ts";
import type { Coverage } from "../search/types.ts";
import { StatusLine } from "./status_line.ts";

export interface SearchLine {
  readonly onProgress: (coverage: Coverage) => void;
  /** Takes the line away again. */
  end(): Promise<void>;
}

/** Nothing is shown when standard error is no terminal. */
export function searchLine(
  context: Pick<CommandContext, "stderr" | "stderrIsTerminal" | "env">,
): SearchLine {
  const line = new StatusLine(context);
  return {
    onProgress({ covered, total }) {
      line.write(`Index: ${covered.toLocaleString("en")} of ${total.toLocaleString("en")} mails`);
    },
    end: () => line.end(),
  };
}
