/** Entry 3: display an email. */

import { NotFoundError } from "../../errors.ts";
import { mailText } from "../mail_text.ts";
import { progressLine } from "../progress.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";

/** Asks which mail and shows it; a wrong index is asked for again. */
export async function displayMail(menu: MenuWorld): Promise<void> {
  const { mailbox, prompter, world } = menu;
  while (true) {
    const answer = (await prompter.ask("Index of the mail (Enter for the menu): "))?.trim();
    if (answer === undefined || answer === "") return;
    if (!/^\d{1,15}$/.test(answer)) {
      await tell(menu, `"${answer}" is no index. The inbox list shows the indexes.`);
      continue;
    }
    const progress = progressLine(world, "Loading");
    try {
      const { onProgress } = progress;
      const mail = await mailbox.read(Number(answer), { onProgress })
        .finally(() => progress.end());
      return await menu.show(`\n${mailText(mail, menu.style)}`);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await tellError(menu, error);
    }
  }
}
