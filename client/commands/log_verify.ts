/** `mailsec log verify [FILE]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { verifyExport } from "../key_log/log_export.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";
import { readTextFile } from "./text_file.ts";

export async function run(context: CommandContext): Promise<void> {
  const file = context.args.maybe("file");
  const heads = context.options.all("head");
  if (file !== undefined) return await verifyFile(context, file, heads);
  if (heads.length > 0) {
    throw new UsageError("--head goes with an exported log.", "Give its file: log verify FILE");
  }
  const { size, root, users, ownSeq } = await withMailbox(
    context,
    ({ keyLog }) => keyLog.verify(),
  );
  if (context.options.flag("json")) {
    return await context.stdout(`${escapedJson({ size, root, users, ownSeq })}\n`);
  }
  await context.stdout(`The log is right: ${size} entries about ${users} names.\n`);
  await explain(context, `Your own keys are entry ${ownSeq}, and no other keys are in your name.`);
}

/** Needs no account: whoever has the files can do it. */
async function verifyFile(
  context: CommandContext,
  file: string,
  headFiles: readonly string[],
): Promise<void> {
  const text = await readTextFile(file);
  const heads: string[] = [];
  for (const path of headFiles) heads.push(headIn(await readTextFile(path)));
  const found = await verifyExport(text, heads);
  if (context.options.flag("json")) return await context.stdout(`${escapedJson(found)}\n`);
  const { size, users, rootFingerprint } = found;
  await context.stdout(`The log is right: ${size} entries about ${users} names.\n`);
  if (heads.length > 0) {
    await explain(context, `It continues ${heads.length === 1 ? "the head" : "all the heads"}.`);
  }
  await explain(context, "It is signed by the server with this fingerprint; is that yours?");
  await explain(context, `  ${rootFingerprint}`);
}

/** The signed head in a file: the file itself, or that of an export. */
function headIn(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    const { head } = JSON.parse(text.split("\n", 1)[0]!);
    return typeof head === "string" ? head : text;
  } catch {
    // Not an export: what is wrong with it is said where it is read as a head.
    return text;
  }
}
