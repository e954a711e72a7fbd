/** `mailsec log [show] [NAME]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { logLines } from "../terminal/log_text.ts";
import { explain } from "./explain.ts";
import { asUsage, withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const name = context.args.maybe("name");
  const user = name === undefined ? undefined : asUsage(() => normalizeUserName(name));
  const { head, all } = await withMailbox(context, async ({ keyLog }) => ({
    head: keyLog.head(),
    all: await keyLog.entries(user),
  }));
  const limit = context.options.integer("limit");
  const entries = limit === undefined ? all : all.slice(-limit);
  if (context.options.flag("json")) {
    const { size, root } = head;
    return await context.stdout(`${escapedJson({ size, root, entries })}\n`);
  }
  if (entries.length === 0) {
    return await explain(context, `The log has nothing about "${user ?? ""}".`);
  }
  const style = styleFor(context.colour("stdout"));
  const lines = logLines(entries, { width: context.columns, style });
  await context.stdout(lines.map((line) => `${line}\n`).join(""));
}
