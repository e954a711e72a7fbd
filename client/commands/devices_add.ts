/** `mailsec devices add` */

import type { CommandContext } from "../../cli/command.ts";
import { EXIT_FAILED, EXIT_OK } from "../../cli/exit_codes.ts";
import { escapedJsonLine, escapeLine } from "../../cli/escape.ts";
import type { Enrolment } from "../account_care.ts";
import { InterruptedError } from "../terminal/prompter.ts";
import { qrLines } from "../terminal/qr.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    const added = await withMailbox(context, ({ care, me }) =>
      care.addDevice({
        signal: stop.signal,
        onCode: (enrolment) => showCode(context, me, enrolment),
      }));
    if (added === null && stop.signal.aborted) throw new InterruptedError();
    if (context.options.flag("json")) await context.stdout(jsonLine({ device: added }));
    else if (added === null) {
      await context.stderr("No device came. The code does not count any more.\n");
    } else await context.stderr(`Added: ${escapeLine(added.name)}.\n`);
    return added === null ? EXIT_FAILED : EXIT_OK;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

/** With `--json` this is the first of two lines, the device the second. */
async function showCode(
  context: CommandContext,
  user: string,
  { code, expires }: Enrolment,
): Promise<void> {
  if (context.options.flag("json")) {
    return await context.stdout(jsonLine({ code, expires }));
  }
  await context.stdout(`${code}\n`);
  const qr = await qrLines(code, { coloured: context.colour("stderr"), width: context.columns });
  if (qr !== null && context.stderrIsTerminal) await context.stderr(`\n${qr.join("\n")}\n\n`);
  await context.stderr(
    `On the new device run: mailsec connect HOST ${user}\n` +
      `It asks for the password and then for this code, which counts until ${expires}.\n` +
      "Waiting for it; Ctrl-C takes the code back.\n",
  );
}

/** One line for each value, so that a reader need not wait for the end. */
function jsonLine(value: unknown): string {
  return `${escapedJsonLine(value)}\n`;
}
