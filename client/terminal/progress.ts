/** A line that tells how far a long transfer has come, on a terminal only. */

import type { CommandContext } from "../../cli/command.ts";
import type { OnProgress } from "../mailbox_types.ts";
import { formatSize } from "./format.ts";

/** Transfers below this many bytes are over before anybody has read the line. */
const LEAST_BYTES_SHOWN = 200_000;

export interface ProgressLine {
  readonly onProgress: OnProgress;
  /** Takes the line away again. */
  end(): Promise<void>;
}

/** @param label What is being done: "Sending". */
export function progressLine(
  context: Pick<CommandContext, "stderr" | "stderrIsTerminal" | "env">,
  label: string,
): ProgressLine {
  const shown = context.stderrIsTerminal && context.env("TERM") !== "dumb";
  let written = Promise.resolve();
  let lastPercent = -1;
  const write = (text: string) => {
    written = written.then(() => context.stderr(text));
  };
  return {
    onProgress({ doneBytes, totalBytes }) {
      if (!shown || totalBytes < LEAST_BYTES_SHOWN) return;
      const percent = Math.floor(100 * doneBytes / totalBytes);
      if (percent === lastPercent) return;
      lastPercent = percent;
      const part = `${formatSize(doneBytes)} of ${formatSize(totalBytes)}`;
      write(`\r\x1b[K${label}: ${percent} %, ${part}`);
    },
    async end() {
      if (lastPercent !== -1) write("\r\x1b[K");
      lastPercent = -1;
      await written;
    },
  };
}
