/** Entry 1: create and send. */

import { askBody } from "./body_question.ts";
import { describeDraft, type Draft, emptyDraft } from "./draft.ts";
import { askRecipients, askTitle } from "./head_questions.ts";
import { type MenuWorld, tell } from "./menu_world.ts";
import { sendDraft } from "./send_draft.ts";

/**
 * Writes a mail and sends it, or goes on with one that was begun before.
 *
 * @returns The draft when the mail was not sent, null when it was or was discarded.
 */
export async function composeAndSend(menu: MenuWorld, kept: Draft | null): Promise<Draft | null> {
  const draft = kept ?? emptyDraft();
  const begin = kept === null ? "write" : await askAboutKept(menu, kept);
  if (begin === "discard") return null;
  if (begin === "menu") return kept;
  if (begin === "write") {
    const written = await askRecipients(menu, draft) && await askTitle(menu, draft) &&
      await askBody(menu, draft);
    if (!written) return await keep(menu, draft);
  }
  return await sendDraft(menu, draft) ? null : await keep(menu, draft);
}

/** What to do with a mail that was begun before. */
async function askAboutKept(
  menu: MenuWorld,
  draft: Draft,
): Promise<"send" | "write" | "discard" | "menu"> {
  await tell(menu, `There is ${describeDraft(draft)}, not sent yet.`);
  const complete = draft.body !== null && draft.to.length > 0;
  const choices = complete ? "s sends it, c changes it, d discards it" : "c goes on, d discards it";
  while (true) {
    const answer = (await menu.prompter.ask(`${choices}: `))?.trim().toLowerCase();
    if (answer === undefined) return "menu";
    if (complete && answer === "s") return "send";
    if (answer === "d") return "discard";
    if (answer === "c") {
      if (draft.sealed !== null) {
        await tell(menu, "It may have arrived already: see the sent mails.");
      }
      draft.sealed = null;
      return "write";
    }
  }
}

/** Keeps what was written, if anything was. */
async function keep(menu: MenuWorld, draft: Draft): Promise<Draft | null> {
  if (draft.toText === "" && draft.title === "" && draft.body === null) return null;
  await tell(menu, "Not sent. What you wrote is kept: choose 1 to go on with it.");
  return draft;
}
