/** `mailsec log evidence` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { NotFoundError } from "../errors.ts";
import type { Evidence, KeyLogView } from "../key_log/types.ts";
import { evidenceLines } from "../terminal/log_text.ts";
import { confirm, noTerminal, terminal } from "../terminal/questions.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const id = options.integer("dismiss");
  if (id !== undefined && !options.flag("yes") && terminal(context) === null) {
    throw noTerminal("a decision", "--yes");
  }
  return await withMailbox(context, async ({ keyLog }) => {
    const dismissed = id === undefined || await dismiss(context, keyLog, id);
    const found = await keyLog.evidence();
    if (options.flag("json")) await context.stdout(`${escapedJson(found)}\n`);
    else if (id === undefined) await show(context, found);
    return dismissed ? 0 : 1;
  });
}

async function show(context: CommandContext, findings: readonly Evidence[]): Promise<void> {
  if (findings.length === 0) {
    return await explain(context, "Nothing was ever found wrong with the key log.");
  }
  const style = styleFor(context.colour("stdout"));
  for (const found of findings) {
    await context.stdout(`${evidenceLines(found, style).join("\n")}\n`);
  }
  const open = findings.find(({ dismissed }) => dismissed === null);
  if (open !== undefined) {
    await explain(
      context,
      `When you have looked into it: mailsec log evidence --dismiss ${open.id}`,
    );
  }
}

/** Shows the finding and asks, unless `--yes` says it. False: not now. */
async function dismiss(context: CommandContext, keyLog: KeyLogView, id: number): Promise<boolean> {
  const found = (await keyLog.evidence()).find((evidence) => evidence.id === id);
  if (found === undefined) {
    throw new NotFoundError(`There is no finding ${id}.`, { hint: "See: mailsec log evidence" });
  }
  if (!context.options.flag("yes")) {
    const lines = evidenceLines(found, styleFor(context.colour("stderr")));
    await context.stderr(`${lines.join("\n")}\n`);
    const sure = "Did you look into it, and send mail again?";
    if (!(await confirm(terminal(context)!, sure, false))) return false;
  }
  await keyLog.dismissEvidence(id);
  await explain(context, "Sending goes on. What was found is kept.");
  return true;
}
