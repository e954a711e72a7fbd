/** Entry 2: display the inbox list. */

import { mailListLines } from "../mail_list.ts";
import { type MenuWorld, tell } from "./menu_world.ts";

/** Mails shown before asking for more. */
const PAGE_MAILS = 20;

/** Shows the inbox, newest first; a person gets it page by page. */
export async function displayInbox(menu: MenuWorld): Promise<void> {
  const { mailbox, prompter } = menu;
  const page = prompter.interactive ? PAGE_MAILS : Infinity;
  for (let shown = 0;; shown += page) {
    // One more than is shown tells whether there are older ones.
    const items = await mailbox.list(Number.isFinite(page) ? { limit: shown + page + 1 } : {});
    const part = items.slice(shown, shown + page);
    if (part.length === 0) {
      if (shown === 0) await tell(menu, "The inbox is empty.");
      return;
    }
    const { style, world: { columns: width } } = menu;
    const lines = mailListLines(part, { sent: false, width, style });
    await menu.show(lines.map((line) => `${line}\n`).join(""));
    if (items.length <= shown + page) return;
    const answer = await prompter.ask("Enter: older mails, q: menu: ");
    if (answer === null || answer.trim() !== "") return;
  }
}
