/** Drafts: what was begun is saved, sealed, on the server, and offered again. */

import { escapeLine } from "../../../cli/escape.ts";
import { MailsecError } from "../../../crypto/errors.ts";
import { confirm } from "../questions.ts";
import { describeDraft, type Draft, isEmpty, isSaved, mailDraft } from "./draft.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

/** Saves what was written, if anything was. Without a connection it waits here. */
export async function keepDraft(menu: MenuWorld, draft: Draft): Promise<void> {
  if (isEmpty(draft)) return;
  try {
    await save(menu, draft);
    // Only the very same mail is not doubled, if it has arrived: it stays here, too.
    if (draft.sealed === null) forget(menu, draft);
    else if (!menu.unsaved.includes(draft)) menu.unsaved.push(draft);
    await tell(menu, "Not sent. It is saved as a draft: choose 1 to go on with it.");
  } catch (error) {
    if (!(error instanceof MailsecError)) throw error;
    if (!menu.unsaved.includes(draft)) menu.unsaved.push(draft);
    await tellError(menu, error);
    await tell(menu, "Not sent, and not saved yet: what you wrote is kept here until it can be.");
  }
}

async function save(menu: MenuWorld, draft: Draft): Promise<void> {
  const mail = mailDraft(draft);
  draft.id = (await menu.mailbox.compose.save(mail)).id;
  draft.saved = mail;
}

/** The draft is not to be saved any more. */
export function forget({ unsaved }: MenuWorld, draft: Draft): void {
  const at = unsaved.indexOf(draft);
  if (at !== -1) unsaved.splice(at, 1);
}

/** Saves what could not be saved before. False when it still cannot be. */
export async function saveWaiting(menu: MenuWorld): Promise<boolean> {
  for (const draft of [...menu.unsaved]) {
    if (draft.sealed !== null && isSaved(draft)) continue;
    try {
      await save(menu, draft);
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
      return false;
    }
    if (draft.sealed === null) forget(menu, draft);
    await tell(menu, `Saved as a draft: ${describeDraft(draft)}.`);
  }
  return true;
}

/** Before the end: saves what waits, or has it written to a file. False: not yet. */
export async function leaveNothing(menu: MenuWorld): Promise<boolean> {
  while (!(await saveWaiting(menu))) {
    if (!menu.prompter.interactive) return true;
    if (await confirm(menu.prompter, "A mail is not saved. Try again?", true)) continue;
    for (const draft of [...menu.unsaved]) await offerFile(menu, draft);
    if (menu.unsaved.every(isSaved)) return true;
    const answer = await menu.prompter.ask("Terminate, and give up what was written? [y/N] ");
    // Nobody is there to answer any more: asking again would never end.
    return answer === null || /^y(es)?$/i.test(answer.trim());
  }
  return true;
}

/** Writes the text where the user says, readable for nobody else. */
async function offerFile(menu: MenuWorld, draft: Draft): Promise<void> {
  const { title, heads, body, content = body } = { ...mailDraft(draft), heads: draft.heads };
  while (true) {
    const path = await menu.prompter.ask("File to write its text to (Enter: none): ");
    if (path === null || path.trim() === "") return;
    try {
      const text = `To: ${heads.to.join("; ")}\nTitle: ${title}\n\n${content}\n`;
      await Deno.writeTextFile(path.trim(), text, { createNew: true, mode: 0o600 });
      forget(menu, draft);
      return await tell(menu, `Written, not sealed: ${path.trim()}`);
    } catch (error) {
      const reason = error instanceof Deno.errors.AlreadyExists ? "it exists" : "it cannot be";
      await tell(menu, `Not written to ${escapeLine(path)}: ${reason}.`);
    }
  }
}
