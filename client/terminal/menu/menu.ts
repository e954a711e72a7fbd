/** The menu: create and send, display the inbox list, display an email, terminate, and more. */

import { truncateToWidth } from "../../../cli/text_width.ts";
import { escapeLine } from "../../../cli/escape.ts";
import type { ConnectionState } from "../../live/live_mailbox.ts";
import type { MailListItem } from "../../mailbox_types.ts";
import { composeAndSend } from "./compose.ts";
import { manageAccount } from "./account.ts";
import { manageContacts } from "./contacts.ts";
import { displayMail } from "./display.ts";
import { manageFolders } from "./folders.ts";
import { displayInbox } from "./inbox.ts";
import { leaveNothing, saveWaiting } from "./keep_draft.ts";
import { searchMail } from "./search.ts";
import { accountNews } from "../news.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

const ENTRIES = [
  "1) create and send",
  "2) display the inbox list",
  "3) display an email",
  "4) terminate",
  "5) contacts",
  "6) account",
  "7) search",
  "8) folders",
];

/** What lasts from one round of the menu to the next. */
interface MenuState {
  /** Whether there is no connection. */
  lost: boolean;
  /** What was told already of what the user must know. */
  readonly told: Set<string>;
}

/** Shows the menu and does what is chosen, until that is to terminate or the input ends. */
export async function runMenu(menu: MenuWorld): Promise<void> {
  const state: MenuState = { lost: false, told: new Set() };
  const { live } = menu.mailbox;
  const bell = menu.world.env("MAILSEC_BELL") !== "off";
  const stops = [
    live.onNewMail((item) => {
      const rings = bell && item.rejected === undefined;
      menu.prompter.notify(announcement(menu, item), { bell: rings });
    }),
    live.onConnection((connection) => tellConnection(menu, state, connection)),
  ];
  try {
    await live.start();
    while (await round(menu, state));
  } finally {
    for (const stop of stops) stop();
    await live.stop();
  }
}

/** One choice. False when it was to terminate. */
async function round(menu: MenuWorld, state: MenuState): Promise<boolean> {
  const { bold } = menu.style;
  await tellNews(menu, state);
  const title = `${menu.mailbox.me} at ${menu.server}`;
  await menu.show(`\n${bold(escapeLine(title))}\n${ENTRIES.map((line) => `  ${line}\n`).join("")}`);
  const choice = await menu.prompter.ask("Your choice: ", { notices: true });
  if (choice === null) return !(await leaveNothing(menu));
  const entry = entryOf(choice);
  if (entry === 4) return !(await leaveNothing(menu));
  if (entry === undefined) {
    if (choice.trim() !== "") await tell(menu, "Please type a number from 1 to 8.");
    return true;
  }
  try {
    await reconnect(menu, state);
    await ENTRY_WORK[entry](menu);
  } catch (error) {
    if (endsMenu(error)) throw error;
    await tellError(menu, error);
  }
  return true;
}

const ENTRY_WORK = {
  ...{ 1: composeAndSend, 2: displayInbox, 3: displayMail },
  ...{ 5: manageContacts, 6: manageAccount, 7: searchMail, 8: manageFolders },
};

/** Says once what the user must know: alarms about the key log, and notices about invites. */
async function tellNews(menu: MenuWorld, { told }: MenuState): Promise<void> {
  for (const line of accountNews(menu.mailbox)) {
    if (told.has(line)) continue;
    told.add(line);
    await tell(menu, `Warning: ${line}`);
  }
}

/** The entry that an answer means: its number, or a word of it. */
function entryOf(answer: string): 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | undefined {
  const word = answer.trim().toLowerCase().replace(/[).]$/, "");
  if (["1", "create", "send", "c"].includes(word)) return 1;
  if (["2", "list", "inbox", "l"].includes(word)) return 2;
  if (["3", "display", "read", "d"].includes(word)) return 3;
  if (["4", "terminate", "quit", "exit", "q"].includes(word)) return 4;
  if (["5", "contacts", "people"].includes(word)) return 5;
  if (["6", "account", "settings"].includes(word)) return 6;
  if (["7", "search", "find", "/"].includes(word)) return 7;
  if (["8", "folders", "folder"].includes(word)) return 8;
  return undefined;
}

/** Tries at once what would be tried later, and saves what could not be saved before. */
async function reconnect(menu: MenuWorld, state: MenuState): Promise<void> {
  if (state.lost) menu.mailbox.live.retryNow();
  if (menu.unsaved.length > 0) await saveWaiting(menu);
}

/** Says once that the connection is gone, and that it is back. */
function tellConnection(menu: MenuWorld, state: MenuState, connection: ConnectionState): void {
  if (connection.state === "connected") {
    if (state.lost) menu.prompter.notify("Connected again.");
    state.lost = false;
  } else if (connection.state === "refused") {
    menu.prompter.notify(escapeLine(`No connection: ${connection.error.message}`));
  } else if (!state.lost) {
    state.lost = true;
    const text = `The connection was lost: ${connection.reason} It is opened again by itself.`;
    menu.prompter.notify(truncateToWidth(escapeLine(text), menu.world.columns - 1));
  }
}

function announcement(menu: MenuWorld, item: MailListItem): string {
  const { index, from, title, rejected } = item;
  const text = rejected === undefined
    ? `New mail from ${from}: ${title} (index ${index})`
    : `A mail was rejected: ${rejected} (index ${index})`;
  return truncateToWidth(escapeLine(text), menu.world.columns);
}
