/** Entry 3: display an email, and what can be done with it then. */

import { NotFoundError } from "../../errors.ts";
import type { Mail, MailListItem } from "../../mailbox_types.ts";
import { mailText } from "../mail_text.ts";
import { progressLine } from "../progress.ts";
import { writeAndSend } from "./compose.ts";
import { draftFrom } from "./draft.ts";
import { actOn, undoLast } from "./list/list_actions.ts";
import { INBOX, type ListView, pageOptions } from "./list/list_view.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";
import { askToSave } from "./save_attachments.ts";

/** Mails looked through at once to find the one before and the one after. */
const NEIGHBOUR_PAGE = 500;

/** Asks which mail and shows it; a wrong index is asked for again. */
export async function displayMail(menu: MenuWorld): Promise<void> {
  while (true) {
    const answer = (await menu.prompter.ask("Index of the mail (Enter for the menu): "))?.trim();
    if (answer === undefined || answer === "") return;
    if (!/^\d{1,15}$/.test(answer)) {
      await tell(menu, `"${answer}" is no index. The inbox list shows the indexes.`);
      continue;
    }
    try {
      return await showMail(menu, Number(answer), INBOX);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await tellError(menu, error);
    }
  }
}

/**
 * Shows a mail and, to a person, what can be done with it.
 *
 * @param view The list in which "next" and "previous" are meant.
 */
export async function showMail(menu: MenuWorld, index: number, view: ListView): Promise<void> {
  let shown: number | null = index;
  while (shown !== null) {
    const mail: Mail = await openMail(menu, shown);
    await menu.show(`\n${mailText(mail, menu.style)}`);
    if (!menu.prompter.interactive) return;
    shown = await askAction(menu, mail, view);
  }
}

async function openMail(menu: MenuWorld, index: number): Promise<Mail> {
  const progress = progressLine(menu.world, "Loading");
  return await menu.mailbox.read(index, { onProgress: progress.onProgress })
    .finally(() => progress.end());
}

/** Until the mail is left: the index of the one to be shown then, or null. */
async function askAction(menu: MenuWorld, mail: Mail, view: ListView): Promise<number | null> {
  const save = mail.attachments.length > 0 ? ", s save attachments" : "";
  const question = mail.kind === "draft"
    ? "e go on writing, d delete, n next, p previous (Enter: back): "
    : `r reply, a to all, f forward${save}, d delete, m move, u keep unread, n, p (Enter: back): `;
  await menu.show("\n");
  while (true) {
    if (question.length > menu.world.columns - 8) await tell(menu, question.replace(/ ?\(.*/, ""));
    const short = question.length > menu.world.columns - 8 ? "Action (Enter: back): " : question;
    const answer = (await menu.prompter.ask(short, { notices: true }))?.trim().toLowerCase();
    if (answer === undefined || ["", "q", "b"].includes(answer)) return null;
    if (/^\d{1,15}$/.test(answer)) return Number(answer);
    try {
      if (answer === "n" || answer === "p") {
        const other = await neighbour(menu, mail, view, answer === "n" ? 1 : -1);
        if (other !== null) return other.index;
        await tell(menu, answer === "n" ? "This is the last one." : "This is the first one.");
      } else if (await act(menu, mail, answer)) return null;
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
    }
  }
}

/** Does what is asked. True: the mail is left. */
async function act(menu: MenuWorld, mail: Mail, letter: string): Promise<boolean> {
  const { compose, mails } = menu.mailbox;
  const which = { indices: [mail.index] };
  const inTrash = mail.folder === "trash";
  switch (letter) {
    case "e":
      if (mail.kind !== "draft") break;
      await writeAndSend(menu, draftFrom(await compose.open(mail.id)), {
        begunBefore: true,
      });
      return true;
    case "r":
    case "a":
      await writeAndSend(menu, draftFrom(await compose.reply(mail.id, { all: letter === "a" })));
      return true;
    case "f":
      await writeAndSend(menu, draftFrom(await compose.forward(mail.id)));
      return true;
    case "s":
      await askToSave(menu, mail);
      return false;
    case "d":
      return await actOn(menu, which, { act: "delete", folder: null, inTrash });
    case "m":
      return await actOn(menu, which, { act: "move", folder: null, inTrash });
    case "u":
      await mails.mark(which, { remove: ["read"] });
      await tell(menu, "It stays unread.");
      return true;
    case "z":
      await undoLast(menu);
      return false;
  }
  await tell(menu, `"${letter}" is none of these.`);
  return false;
}

/** The mail so many places after this one in the list. */
async function neighbour(
  menu: MenuWorld,
  { index }: Mail,
  view: ListView,
  step: 1 | -1,
): Promise<MailListItem | null> {
  let before: MailListItem | null = null;
  for (let offset = 0;; offset += NEIGHBOUR_PAGE) {
    const page = await menu.mailbox.list(pageOptions({ ...view, offset }, NEIGHBOUR_PAGE + 1));
    const at = page.findIndex((item) => item.index === index);
    if (at !== -1) return page[at + step] ?? (step === -1 && at === 0 ? before : null);
    if (page.length <= NEIGHBOUR_PAGE) return null;
    before = page[NEIGHBOUR_PAGE - 1] ?? null;
  }
}
