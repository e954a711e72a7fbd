/** Inviting somebody from the menu; for administrators. */

import { ServerError } from "../../../protocol/error_codes.ts";
import { FormatError } from "../../../crypto/errors.ts";
import { formatDate } from "../format.ts";
import { confirm } from "../questions.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";

/** Asks whom to invite, and shows the line to hand over. */
export async function inviteSomebody(menu: MenuWorld): Promise<void> {
  while (true) {
    const user = (await menu.prompter.ask("Their name (Enter goes back): "))?.trim();
    if (user === undefined || user === "") return;
    try {
      return await invite(menu, { user });
    } catch (error) {
      if (error instanceof ServerError && error.code === "user_exists") {
        await tellError(menu, error);
        await tell(
          menu,
          `A reset gives "${user}" new keys: the account is emptied, nobody can read its old mail ` +
            "any more, and everybody sees in the key log that it was done.",
        );
        if (!(await confirm(menu.prompter, "Reset the account?", false))) return;
        return await invite(menu, { user, reset: true });
      }
      if (!(error instanceof FormatError)) throw error;
      await tellError(menu, error);
    }
  }
}

async function invite(
  menu: MenuWorld,
  { user, reset = false }: { user: string; reset?: boolean },
): Promise<void> {
  const admin = await confirm(menu.prompter, "Will they be an administrator?", false);
  const sent = await menu.mailbox.care.inviteUser({ user, admin, reset });
  await tell(menu, `The invite for ${sent.user}. Hand it to nobody else:`);
  // Never wrapped: it is copied.
  await menu.show(`${sent.invite}\n`);
  await tell(
    menu,
    `There: mailsec join INVITE. It counts once, until ${formatDate(sent.expires)}.`,
  );
}
