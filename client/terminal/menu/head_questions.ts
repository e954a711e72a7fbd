/** The questions about a mail's head: recipients, changed keys, title. */

import { MAX_TITLE_BYTES } from "../../../protocol/limits.ts";
import type { CheckedRecipient } from "../../contact_types.ts";
import { KeyChangedError, RecipientsError } from "../../errors.ts";
import { stateMark } from "../contact_words.ts";
import { splitRecipients } from "../format.ts";
import { confirm } from "../questions.ts";
import { bytesOf, type Draft } from "./draft.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

/** Asks for the recipients until they are right. False: back to the menu. */
export async function askRecipients(menu: MenuWorld, draft: Draft): Promise<boolean> {
  while (true) {
    const initial = draft.toText;
    const answer = await menu.prompter.ask("To (names separated by ; or ,): ", { initial });
    if (answer === null) return false;
    draft.toText = answer.trim();
    if (draft.toText === "") return false;
    const names = splitRecipients(answer);
    try {
      const checked = await menu.mailbox.checkRecipients(names);
      draft.to = checked.map(({ user }) => user);
      await tellUnverified(menu, checked);
      return true;
    } catch (error) {
      if (error instanceof KeyChangedError) {
        if (await acceptKeys(menu, draft, error)) {
          draft.to = names;
          return true;
        }
      } else if (error instanceof RecipientsError) {
        await tellError(menu, error);
      } else {
        if (endsMenu(error)) throw error;
        // Not the recipients' fault: kept as typed, and asked again when the user comes back.
        await tellError(menu, error);
        if (!(await confirm(menu.prompter, "Try again?", true))) return false;
      }
    }
  }
}

/** Says which of the recipients' keys nobody has compared yet. */
async function tellUnverified(
  menu: MenuWorld,
  checked: readonly CheckedRecipient[],
): Promise<void> {
  const marked = checked.filter(({ state }) => stateMark(state) !== "");
  if (marked.length === 0) return;
  const names = marked.map(({ user, state }) => `${user} (${stateMark(state)})`);
  await tell(menu, `${names.join(", ")}: compare fingerprints once, with 5) contacts.`);
}

/** Asks for the title until it is short enough. False: back to the menu. */
export async function askTitle(menu: MenuWorld, draft: Draft): Promise<boolean> {
  while (true) {
    const answer = await menu.prompter.ask("Title: ", { initial: draft.title });
    if (answer === null) return false;
    draft.title = answer;
    const bytes = bytesOf(answer);
    if (bytes <= MAX_TITLE_BYTES) return true;
    await tell(menu, `The title has ${bytes} bytes; it may have ${MAX_TITLE_BYTES}.`);
  }
}

function whyChanged(user: string, state: "changed" | "reset"): string {
  return state === "reset"
    ? `An administrator has given the name "${user}" new keys.`
    : `Nothing says why: somebody may be pretending to be ${user}.`;
}

/** Shows whose keys have changed and asks whether to send nevertheless. */
export async function acceptKeys(
  menu: MenuWorld,
  draft: Draft,
  error: KeyChangedError,
): Promise<boolean> {
  const { yellow } = menu.style;
  await menu.world.stderr(yellow("The keys of a recipient are not those seen before.") + "\n");
  for (const { user, before, now, state } of error.changes) {
    await tell(menu, `${user}: before ${before}`);
    await tell(menu, `${" ".repeat(user.length)}  now    ${now}`);
    await tell(menu, whyChanged(user, state));
  }
  await tell(menu, "Ask them by another way than this whether it is right.");
  if (!(await confirm(menu.prompter, "Send with the new keys?", false))) return false;
  const shown = error.changes.map(({ user, now }) => [user, now] as const);
  draft.acceptChangedKeys = new Map([...draft.acceptChangedKeys, ...shown]);
  return true;
}
