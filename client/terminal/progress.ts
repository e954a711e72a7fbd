/** A line that tells how far a long transfer has come, on a terminal only. */

import type { CommandContext } from "../../cli/command.ts";
import type { OnProgress } from "../mailbox_types.ts";
import { formatSize } from "./format.ts";
import { StatusLine } from "./status_line.ts";

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
  const line = new StatusLine(context);
  let lastPercent = -1;
  let rate: RateMeter | null = null;
  return {
    onProgress({ doneBytes, totalBytes }) {
      if (!line.shown || totalBytes < LEAST_BYTES_SHOWN) return;
      const percent = Math.floor(100 * doneBytes / totalBytes);
      if (percent === lastPercent) return;
      lastPercent = percent;
      rate ??= new RateMeter(performance.now(), doneBytes);
      const part = `${formatSize(doneBytes)} of ${formatSize(totalBytes)}`;
      const speed = rate.text(performance.now(), { doneBytes, totalBytes });
      line.write(`${label}: ${percent} %, ${part}${speed}`);
    },
    end() {
      lastPercent = -1;
      return line.end();
    },
  };
}

/** Before so much time no rate is worth anything. */
const LEAST_MS = 500;

/** How fast a transfer goes, over all of it so far, and how long it will take. */
export class RateMeter {
  readonly #startMs: number;
  readonly #startBytes: number;

  constructor(startMs: number, startBytes: number) {
    this.#startMs = startMs;
    this.#startBytes = startBytes;
  }

  /** `, 1.2 MB/s, 0:07 left`; nothing in the first moment and at the end. */
  text(
    nowMs: number,
    { doneBytes, totalBytes }: { doneBytes: number; totalBytes: number },
  ): string {
    const elapsed = nowMs - this.#startMs;
    const moved = doneBytes - this.#startBytes;
    if (elapsed < LEAST_MS || moved <= 0 || doneBytes >= totalBytes) return "";
    const perSecond = 1000 * moved / elapsed;
    const left = Math.ceil((totalBytes - doneBytes) / perSecond);
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    return `, ${formatSize(Math.round(perSecond))}/s, ${time} left`;
  }
}
