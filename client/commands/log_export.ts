/** `mailsec log export` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";
import { writeNewFile } from "./text_file.ts";

export async function run(context: CommandContext): Promise<void> {
  const file = context.options.text("output");
  const json = context.options.flag("json");
  if (json && file === undefined) {
    throw new UsageError("Without --output the export itself is what is written, JSON lines.");
  }
  const { text, head } = await withMailbox(context, async ({ keyLog }) => ({
    text: await keyLog.export(),
    head: keyLog.head(),
  }));
  if (file === undefined) return await context.stdout(text);
  await writeNewFile(file, text);
  const { size, root } = head;
  if (json) return await context.stdout(`${escapedJson({ file, size, root })}\n`);
  await explain(context, `Written: ${size} entries. Anybody can check them, without a server:`);
  await explain(context, `  mailsec log verify ${file}`);
}
