/** Entry 5: contacts. */

import { closestWord } from "../../../cli/suggest.ts";
import type { ContactInfo } from "../../contact_types.ts";
import { contactListLines, stateLegend } from "../contact_list.ts";
import { acceptNewKeys, compareFingerprints, type ContactDialogue } from "../contact_questions.ts";
import { contactText } from "../contact_text.ts";
import { blocksSending } from "../contact_words.ts";
import { qrLines } from "../qr.ts";
import { askLetter } from "./choice.ts";
import { type MenuWorld, tell } from "./menu_world.ts";

/** Contacts shown before asking for more. */
const PAGE_CONTACTS = 20;

/** Shows everybody on the server, and one of them after the other as they are named. */
export async function manageContacts(menu: MenuWorld): Promise<void> {
  while (true) {
    const contacts = await menu.mailbox.contacts();
    const name = await chooseName(menu, contacts);
    if (name === null) return;
    const chosen = await menu.mailbox.contact(name);
    await menu.show(`\n${contactText(chosen, { width: menu.world.columns, style: menu.style })}`);
    if (chosen.isMe) await showCode(menu, chosen);
    await offerChanges(menu, chosen);
  }
}

/** The name of one of the contacts, all of which are shown, page by page; null: to the menu. */
async function chooseName(
  menu: MenuWorld,
  contacts: readonly ContactInfo[],
): Promise<string | null> {
  const page = menu.prompter.interactive ? PAGE_CONTACTS : Infinity;
  let shown = 0;
  const showMore = async () => {
    const part = contacts.slice(shown, shown + page);
    const lines = contactListLines(part, { width: menu.world.columns, style: menu.style });
    await menu.show(lines.map((line) => `${line}\n`).join(""));
    shown += part.length;
  };
  await showMore();
  for (const line of stateLegend(contacts)) await tell(menu, line);
  if (contacts.every(({ isMe }) => isMe)) {
    await tell(menu, "Nobody else is here yet. An administrator can invite people: 6) account.");
  }
  while (true) {
    const more = shown < contacts.length;
    const answer = (await menu.prompter.ask(
      more ? "Name (Enter: more, q: menu): " : "Name (Enter for the menu): ",
    ))?.trim().toLowerCase();
    const found = contacts.find(({ user }) => user === answer);
    if (found !== undefined) return found.user;
    if (answer === undefined || answer === "q") return null;
    if (answer !== "") await tell(menu, notThere(answer, contacts));
    else if (more) await showMore();
    else return null;
  }
}

function notThere(answer: string, contacts: readonly ContactInfo[]): string {
  const meant = closestWord(answer, contacts.map(({ user }) => user));
  const hint = meant === undefined ? "The list shows the names." : `Did you mean ${meant}?`;
  return `Nobody here is called "${answer}". ${hint}`;
}

/** The fingerprint as a QR code, for a person with a camera and a terminal that is wide enough. */
async function showCode(menu: MenuWorld, { fingerprint }: ContactInfo): Promise<void> {
  const { coloured, world: { columns: width }, prompter } = menu;
  const code = await qrLines(fingerprint, { coloured, width });
  if (code !== null && prompter.interactive) {
    await menu.show(`\n${code.map((line) => `${line}\n`).join("")}`);
  }
}

/** What can be done about somebody's keys, as far as there is anything to do. */
async function offerChanges(menu: MenuWorld, contact: ContactInfo): Promise<void> {
  const dialogue: ContactDialogue = {
    book: menu.mailbox,
    prompter: menu.prompter,
    width: menu.world.columns,
    tell: (text) => tell(menu, text),
  };
  const { user, state, isMe } = contact;
  const stopped = blocksSending(state);
  while (true) {
    const answer = await askLetter(menu, {
      v: isMe || state === "verified" ? undefined : "compare the fingerprint",
      a: stopped ? "accept the new keys" : undefined,
      s: isMe ? undefined : "show it as a QR code",
    });
    if (answer === null) return;
    if (answer === "s") await showCode(menu, contact);
    else if (answer === "v") {
      const done = await compareFingerprints(dialogue, contact);
      return await tell(menu, done ? `${user} is verified.` : `${user} was not verified.`);
    } else {
      const done = await acceptNewKeys(dialogue, contact);
      return await tell(
        menu,
        done ? `The new keys of ${user} are accepted.` : "Nothing was changed.",
      );
    }
  }
}
