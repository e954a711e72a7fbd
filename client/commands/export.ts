/** `mailsec export [QUERY]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { EXIT_INTERRUPTED } from "../../cli/exit_codes.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { endedByCtrlC } from "../terminal/interrupt.ts";
import { transferLine } from "../terminal/transfer_progress.ts";
import { exportLines, problemJson } from "../terminal/transfer_text.ts";
import type { TransferFormat } from "../transfer/types.ts";
import { queryOfWords } from "./mail_query.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const output = options.text("output");
  if (output === undefined || output === "") {
    throw new UsageError("The output is missing.", "Give --output PATH");
  }
  const format = (options.text("format") ?? "mbox") as TransferFormat;
  const words = context.args.all("query");
  const query = words.length === 0 ? {} : { query: queryOfWords(words) };
  if (output === "-") return await writeOne(context, format, query.query);
  const line = transferLine(context, "Exporting");
  const result = await withMailbox(
    context,
    (mailbox) =>
      endedByCtrlC((signal) =>
        mailbox.transfer.export({ ...query, format, output, signal, onProgress: line.onProgress })
      ).finally(() => line.end()),
  );
  const { exported, before, problems, interrupted } = result;
  if (options.flag("json")) {
    const json = { output, format, exported, before, interrupted };
    await context.stdout(
      `${escapedJson({ ...json, problems: problems.map(problemJson) })}\n`,
    );
  } else {
    const lines = exportLines(result, output);
    await context.stdout(lines.map((text) => `${text}\n`).join(""));
  }
  return interrupted ? EXIT_INTERRUPTED : 0;
}

/** The very bytes of a mail to standard output, which must not be a terminal. */
async function writeOne(
  context: CommandContext,
  format: TransferFormat,
  query: string | undefined,
): Promise<number> {
  if (format !== "eml" || query === undefined) {
    throw new UsageError(
      "Only a single mail goes to standard output.",
      "Give --format eml and a query that means one mail: id:3f9a",
    );
  }
  if (context.options.flag("json")) {
    throw new UsageError("--json and --output - exclude each other.", "Give one of them.");
  }
  if (context.stdoutIsTerminal) {
    throw new UsageError(
      "The bytes of a mail are not for a terminal.",
      "Write them to a file: … --output - > mail.eml",
    );
  }
  await context.stdout(await withMailbox(context, ({ transfer }) => transfer.one(query)));
  return 0;
}
