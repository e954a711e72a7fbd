/** `mailsec import PATH…` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { EXIT_INTERRUPTED } from "../../cli/exit_codes.ts";
import { endedByCtrlC } from "../terminal/interrupt.ts";
import { transferLine } from "../terminal/transfer_progress.ts";
import { importLines, problemJson } from "../terminal/transfer_text.ts";
import type { ImportResult } from "../transfer/types.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const folder = options.text("folder");
  const dryRun = options.flag("dry-run");
  const line = transferLine(context, dryRun ? "Reading" : "Importing");
  const result = await withMailbox(
    context,
    (mailbox) =>
      endedByCtrlC((signal) =>
        mailbox.transfer.import({
          paths: context.args.all("path"),
          ...(folder === undefined ? {} : { folder }),
          ...{ dryRun, signal, onProgress: line.onProgress },
        })
      ).finally(() => line.end()),
  );
  if (options.flag("json")) {
    await context.stdout(`${escapedJson(resultJson(result, dryRun))}\n`);
  } else {
    const lines = importLines(result, { dryRun });
    await context.stdout(lines.map((text) => `${text}\n`).join(""));
  }
  if (result.interrupted) return EXIT_INTERRUPTED;
  return nothingCouldBeRead(result) ? 1 : 0;
}

/** One bad mail among many is no failure; nothing but bad ones is. */
function nothingCouldBeRead({ imported, duplicates, problems }: ImportResult): boolean {
  return problems.length > 0 && imported + duplicates === 0;
}

function resultJson(result: ImportResult, dryRun: boolean): Record<string, unknown> {
  const { imported, duplicates, problems, newFolders, interrupted } = result;
  return {
    ...{ imported, duplicates, dryRun, interrupted, newFolders },
    problems: problems.map(problemJson),
  };
}
