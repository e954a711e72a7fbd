/** The menu: create and send, display the inbox list, display an email, terminate, and more. */

import { truncateToWidth } from "../../../cli/text_width.ts";
import { escapeLine } from "../../../cli/escape.ts";
import type { MailListItem } from "../../mailbox_types.ts";
import { confirm } from "../questions.ts";
import { composeAndSend } from "./compose.ts";
import { manageAccount } from "./account.ts";
import { manageContacts } from "./contacts.ts";
import { displayMail } from "./display.ts";
import type { Draft } from "./draft.ts";
import { displayInbox } from "./inbox.ts";
import { accountNews } from "../news.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

const ENTRIES = [
  "1) create and send",
  "2) display the inbox list",
  "3) display an email",
  "4) terminate",
  "5) contacts",
  "6) account",
];

/** What lasts from one round of the menu to the next. */
interface MenuState {
  /** A mail that was begun and not sent. */
  draft: Draft | null;
  /** Why there is no connection, while there is none. */
  lost: string | null;
  /** What was told already of what the user must know. */
  readonly told: Set<string>;
}

/** Shows the menu and does what is chosen, until that is to terminate or the input ends. */
export async function runMenu(menu: MenuWorld): Promise<void> {
  const state: MenuState = { draft: null, lost: null, told: new Set() };
  const stops = [
    menu.mailbox.onNewMail((item) => menu.prompter.notify(announcement(menu, item))),
    menu.mailbox.onClosed((reason) => {
      state.lost = reason;
      menu.prompter.notify(`The connection was lost: ${escapeLine(reason)}`);
    }),
  ];
  try {
    while (await round(menu, state));
  } finally {
    for (const stop of stops) stop();
  }
}

/** One choice. False when it was to terminate. */
async function round(menu: MenuWorld, state: MenuState): Promise<boolean> {
  const { bold } = menu.style;
  await tellNews(menu, state);
  const title = `${menu.mailbox.me} at ${menu.server}`;
  await menu.show(`\n${bold(escapeLine(title))}\n${ENTRIES.map((line) => `  ${line}\n`).join("")}`);
  const choice = await menu.prompter.ask("Your choice: ", { notices: true });
  if (choice === null) return false;
  const entry = entryOf(choice);
  if (entry === 4) return await mayTerminate(menu, state);
  if (entry === undefined) {
    if (choice.trim() !== "") await tell(menu, "Please type a number from 1 to 6.");
    return true;
  }
  try {
    if (!(await reconnected(menu, state))) return true;
    if (entry === 1) state.draft = await composeAndSend(menu, state.draft);
    else await ENTRY_WORK[entry](menu);
  } catch (error) {
    if (endsMenu(error)) throw error;
    await tellError(menu, error);
  }
  return true;
}

/** The entries that need nothing but the menu. */
const ENTRY_WORK = { 2: displayInbox, 3: displayMail, 5: manageContacts, 6: manageAccount };

/** Says once what the user must know: alarms about the key log, and notices about invites. */
async function tellNews(menu: MenuWorld, { told }: MenuState): Promise<void> {
  for (const line of accountNews(menu.mailbox)) {
    if (told.has(line)) continue;
    told.add(line);
    await tell(menu, `Warning: ${line}`);
  }
}

/** The entry that an answer means: its number, or a word of it. */
function entryOf(answer: string): 1 | 2 | 3 | 4 | 5 | 6 | undefined {
  const word = answer.trim().toLowerCase().replace(/[).]$/, "");
  if (["1", "create", "send", "c"].includes(word)) return 1;
  if (["2", "list", "inbox", "l"].includes(word)) return 2;
  if (["3", "display", "read", "d"].includes(word)) return 3;
  if (["4", "terminate", "quit", "exit", "q"].includes(word)) return 4;
  if (["5", "contacts", "people"].includes(word)) return 5;
  if (["6", "account", "settings"].includes(word)) return 6;
  return undefined;
}

async function mayTerminate(menu: MenuWorld, { draft }: MenuState): Promise<boolean> {
  if (draft === null || !menu.prompter.interactive) return false;
  return !(await confirm(menu.prompter, "The mail that was not sent is lost. Terminate?", true));
}

/** After a lost connection: asks, and connects again. False: not connected, back to the menu. */
async function reconnected(menu: MenuWorld, state: MenuState): Promise<boolean> {
  if (state.lost === null) return true;
  if (!(await confirm(menu.prompter, "There is no connection. Connect again?", true))) return false;
  // Any request opens a new session, and only that one brings news of new mail again.
  await menu.mailbox.list({ limit: 1 });
  state.lost = null;
  await tell(menu, "Connected again.");
  return true;
}

function announcement(menu: MenuWorld, item: MailListItem): string {
  const text = `New mail from ${item.from}: ${item.title} (index ${item.index})`;
  return truncateToWidth(escapeLine(text), menu.world.columns);
}
