/** How far an export or an import is, in one line: mails, rate, and the time that is left. */

import type { CommandContext } from "../../cli/command.ts";
import type { OnTransferProgress, TransferProgress } from "../transfer/types.ts";
import { formatSize } from "./format.ts";
import { StatusLine } from "./status_line.ts";

/** How often the line is written anew. */
const REFRESH_MS = 500;
/** Before this nothing is said about the time that is left. */
const LEAST_KNOWN_MS = 2000;

export interface TransferLine {
  readonly onProgress: OnTransferProgress;
  /** Takes the line away again. */
  end(): Promise<void>;
}

/** @param label What is being done: "Exporting". */
export function transferLine(
  context: Pick<CommandContext, "stderr" | "stderrIsTerminal" | "env">,
  label: string,
  now: () => number = Date.now,
): TransferLine {
  const line = new StatusLine(context);
  const begun = now();
  let first: TransferProgress | null = null;
  let last = -Infinity;
  return {
    onProgress(progress) {
      first ??= progress;
      if (now() - last < REFRESH_MS) return;
      last = now();
      line.write(`${label}: ${transferText(progress, first, now() - begun)}`);
    },
    end() {
      last = -Infinity;
      return line.end();
    },
  };
}

/** `1,200 of 5,000 mails, 12 MB, 340 mails/s, 11 s left` */
export function transferText(
  progress: TransferProgress,
  first: Pick<TransferProgress, "doneMails">,
  elapsedMs: number,
): string {
  const { doneMails, doneBytes, totalMails } = progress;
  const total = totalMails === null ? "" : ` of ${count(totalMails)}`;
  const parts = [`${count(doneMails)}${total} mails`, formatSize(doneBytes)];
  // What an earlier run has done says nothing about how fast this one is.
  const rate = (doneMails - first.doneMails) / (elapsedMs / 1000);
  if (rate >= 1) parts.push(`${count(Math.round(rate))} mails/s`);
  const leftMs = timeLeft(progress, first, elapsedMs);
  if (leftMs !== null) parts.push(`${duration(leftMs)} left`);
  return parts.join(", ");
}

function timeLeft(
  { doneMails, totalMails, doneBytes, totalBytes }: TransferProgress,
  first: Pick<TransferProgress, "doneMails">,
  elapsedMs: number,
): number | null {
  if (elapsedMs < LEAST_KNOWN_MS) return null;
  const [before, done, total] = totalMails === null
    ? [0, doneBytes, totalBytes]
    : [first.doneMails, doneMails, totalMails];
  if (total === null || done <= before) return null;
  return elapsedMs * Math.max(0, total - done) / (done - before);
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}
