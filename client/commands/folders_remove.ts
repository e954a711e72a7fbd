/** `mailsec folders remove FOLDER` */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { comparable } from "../folder_names.ts";
import type { Mailbox } from "../mailbox.ts";
import { confirmed } from "./confirmed.ts";
import { withMailbox } from "./open_mailbox.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const name = context.args.one("folder");
  const moved = await withMailbox(context, (mailbox) => remove(context, mailbox, name));
  if (moved === null) return;
  const mails = moved === 0 ? "" : ` Its ${moved} mails are in the archive.`;
  await tellResult(context, { name, moved }, `The folder "${escapeLine(name)}" is gone.${mails}`);
}

/** Null: it stays. */
async function remove(
  context: CommandContext,
  { folders }: Mailbox,
  name: string,
): Promise<number | null> {
  folders.resolve(name);
  const found = (await folders.list()).find((folder) =>
    comparable(folder.name) === comparable(name)
  );
  const count = found?.total ?? 0;
  if (count > 0) {
    const what = [`There are ${count} mails in it. They will be moved to the archive.`];
    if (!await confirmed(context, what, "Remove the folder?")) return null;
  }
  return await folders.remove(name);
}
