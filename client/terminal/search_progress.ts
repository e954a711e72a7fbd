/** How far the search index is, in one line of a terminal. */

import type { CommandContext } from "../../cli/command.ts";
import type { Coverage } from "../search/types.ts";

export interface SearchLine {
  readonly onProgress: (coverage: Coverage) => void;
  /** Takes the line away again. */
  end(): Promise<void>;
}

/** Nothing is shown when standard error is no terminal. */
export function searchLine(
  context: Pick<CommandContext, "stderr" | "stderrIsTerminal" | "env">,
): SearchLine {
  const shown = context.stderrIsTerminal && context.env("TERM") !== "dumb";
  let written = Promise.resolve();
  let isShown = false;
  const write = (text: string) => {
    written = written.then(() => context.stderr(text));
  };
  return {
    onProgress({ covered, total }) {
      if (!shown) return;
      isShown = true;
      write(
        `\r\x1b[KIndex: ${covered.toLocaleString("en")} of ${total.toLocaleString("en")} mails`,
      );
    },
    async end() {
      if (isShown) write("\r\x1b[K");
      isShown = false;
      await written;
    },
  };
}
