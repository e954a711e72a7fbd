/** Entry 6: the user's own account. */

import { changePassword, renewCode, replaceKeys } from "./account_keys.ts";
import { manageDevices } from "./devices.ts";
import { inviteSomebody } from "./invite.ts";
import { showKeyLog } from "./key_log.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

interface AccountEntry {
  readonly text: string;
  readonly work: (menu: MenuWorld) => Promise<void>;
}

const ENTRIES: readonly AccountEntry[] = [
  { text: "change the password", work: changePassword },
  { text: "new recovery code", work: renewCode },
  { text: "new keys", work: replaceKeys },
  { text: "devices", work: manageDevices },
  { text: "key log", work: showKeyLog },
];
const ADMIN_ENTRIES: readonly AccountEntry[] = [
  ...ENTRIES,
  { text: "invite somebody", work: inviteSomebody },
];

/** Shows what can be done for the account, and does what is chosen, until that is to go back. */
export async function manageAccount(menu: MenuWorld): Promise<void> {
  while (true) {
    const { role } = await menu.mailbox.contact(menu.mailbox.me);
    const entries = role === "admin" ? ADMIN_ENTRIES : ENTRIES;
    const lines = entries.map(({ text }, at) => `  ${at + 1}) ${text}\n`);
    await menu.show(`\n${menu.style.bold("Your account")}\n${lines.join("")}`);
    const answer = (await menu.prompter.ask("Your choice (Enter goes back): "))?.trim();
    if (answer === undefined || ["", "0", "b", "back", "q"].includes(answer.toLowerCase())) return;
    const entry = entries[Number(answer.replace(/[).]$/, "")) - 1];
    if (entry === undefined) {
      await tell(menu, `Please type a number from 1 to ${entries.length}.`);
      continue;
    }
    try {
      await entry.work(menu);
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
    }
  }
}
