/** What opens an account and its mail: password, recovery code, keys. */

import { LoginError } from "../../errors.ts";
import { fingerprintLines } from "../contact_text.ts";
import { askNewPassword, confirm } from "../questions.ts";
import { askToKeepCode } from "../recovery_question.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";

/** Asks for the password and for a new one. */
export async function changePassword(menu: MenuWorld): Promise<void> {
  const { mailbox, prompter, server } = menu;
  const current = await prompter.ask("Your password now (Enter goes back): ", { secret: true });
  if (current === null || current === "") return;
  const names = [mailbox.me, server.replace(/:\d+$/, "")];
  const next = await askNewPassword(prompter, names, (line) => tell(menu, line));
  try {
    await mailbox.care.changePassword({ current, next });
  } catch (error) {
    if (!(error instanceof LoginError) || error.code !== "wrong_password") throw error;
    return await tellError(menu, error);
  }
  await tell(menu, "The password is changed. Your other devices log in with the new one.");
}

/** Makes a new recovery code and has it written down. */
export async function renewCode(menu: MenuWorld): Promise<void> {
  const { mailbox, prompter } = menu;
  await tell(menu, "The code that you have now will be of no more use.");
  if (!(await confirm(prompter, "Make a new recovery code?", false))) return;
  const show = (line: string) => tell(menu, line);
  await mailbox.care.renewRecoveryCode(
    askToKeepCode({ prompter, width: menu.world.columns, tell: show }),
  );
  await tell(menu, "The new recovery code counts from now on. Destroy the old paper.");
}

/** Replaces the user's keys. */
export async function replaceKeys(menu: MenuWorld): Promise<void> {
  const { mailbox, prompter, world } = menu;
  await tell(
    menu,
    "New keys are for when somebody may have got at your old ones. Old mail stays readable, and " +
      "your contacts follow by themselves, since the old keys sign the new ones.",
  );
  if (!(await confirm(prompter, "Make new keys?", false))) return;
  const { now } = await mailbox.care.rotateKeys();
  await tell(menu, "You have new keys. Your fingerprint is now");
  for (const line of fingerprintLines(now, world.columns - 2)) await tell(menu, `  ${line}`);
}
