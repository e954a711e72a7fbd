/** Saving the attachments of a mail. */

import { saveAttachment } from "../../attachments.ts";
import type { Mail } from "../../mailbox_types.ts";
import { pathCompleter } from "./complete/paths.ts";
import { parseWhich } from "./list/which.ts";
import { type MenuWorld, tell } from "./menu_world.ts";
import { expandHome } from "./paths.ts";

/** Asks which and where, and shows where they went. */
export async function askToSave(menu: MenuWorld, { attachments }: Mail): Promise<void> {
  if (attachments.length === 0) return await tell(menu, "This mail has no attachments.");
  const chosen = attachments.length === 1 ? attachments : await askWhich(menu, attachments);
  if (chosen.length === 0) return;
  const complete = pathCompleter({ env: menu.world.env, folders: true });
  const answer = await menu.prompter.ask("Folder to save in (Enter: this one): ", { complete });
  if (answer === null) return;
  const folder = expandHome(answer.trim(), menu.world.env) || ".";
  for (const attachment of chosen) {
    await tell(menu, `Saved: ${await saveAttachment(attachment, folder)}`);
  }
}

async function askWhich<T>(menu: MenuWorld, attachments: readonly T[]): Promise<readonly T[]> {
  while (true) {
    const answer = await menu.prompter.ask(`Which, 1 to ${attachments.length} (Enter: all): `);
    if (answer === null) return [];
    const which = parseWhich(answer);
    if (which.kind === "none") return attachments;
    if (which.kind === "query") continue;
    return attachments.filter((_, at) =>
      which.ranges.some(({ first, last }) => at + 1 >= first && at + 1 <= last)
    );
  }
}
