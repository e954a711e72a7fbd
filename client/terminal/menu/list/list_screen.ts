/** A list of mails page by page, with a line of commands below it. */

import { escapeLine } from "../../../../cli/escape.ts";
import type { MailListItem } from "../../../mailbox_types.ts";
import { parseQuery } from "../../../query/parse.ts";
import { mailListLines } from "../../mail_list.ts";
import { queryCompleter } from "../complete/query_words.ts";
import { showMail } from "../display.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "../menu_world.ts";
import { actOnList, askFolder, undoLast } from "./list_actions.ts";
import { type ListCommand, parseListCommand, sortKeyOf } from "./list_command.ts";
import { listHelp, QUERY_HELP } from "./list_help.ts";
import { type ListView, PAGE_MAILS, pageOptions, viewTitle } from "./list_view.ts";

/** Narrower terminals get a shorter question. */
const LEAST_WIDTH_OF_QUESTION = 64;

interface Page {
  readonly items: readonly MailListItem[];
  readonly more: boolean;
}

/** What follows a command: another view to show, the same again without the table, or the end. */
type Next = ListView | "stay" | "leave";

/** Shows mails until the user goes back to the menu; without a person all of them, once. */
export async function showList(menu: MenuWorld, first: ListView): Promise<void> {
  let view = first;
  while (true) {
    const page = await loadPage(menu, view);
    await showPage(menu, view, page);
    if (!menu.prompter.interactive) return;
    if (page.items.length === 0 && view === first && view.query === "") return;
    const next = await askCommand(menu, view, page);
    if (next === "leave") return;
    view = next;
  }
}

async function loadPage(menu: MenuWorld, view: ListView): Promise<Page> {
  if (!menu.prompter.interactive) {
    return { items: await menu.mailbox.list(pageOptions(view, Infinity)), more: false };
  }
  // One more than is shown tells whether there are others.
  const items = await menu.mailbox.list(pageOptions(view, PAGE_MAILS + 1));
  return { items: items.slice(0, PAGE_MAILS), more: items.length > PAGE_MAILS };
}

async function showPage(menu: MenuWorld, view: ListView, { items }: Page): Promise<void> {
  const { style, world: { columns: width } } = menu;
  if (items.length === 0) {
    const isInbox = view.folder === "inbox" && view.query === "" && !view.unread;
    return await tell(menu, isInbox ? "The inbox is empty." : `No mails: ${viewTitle(view)}.`);
  }
  const sent = view.folder === "sent" || view.folder === "drafts";
  const folders = view.folder === null;
  const lines = mailListLines(items, { sent, folders, width, style });
  if (menu.prompter.interactive) {
    const range = `${view.offset + 1} to ${view.offset + items.length}`;
    lines.unshift(style.bold(escapeLine(`${viewTitle(view)}, ${range}`)));
  }
  await menu.show(lines.map((line) => `${line}\n`).join(""));
}

/** Asks for commands until one changes what is to be shown. */
async function askCommand(
  menu: MenuWorld,
  view: ListView,
  page: Page,
): Promise<ListView | "leave"> {
  const enter = page.more ? "next page" : "menu";
  const narrow = menu.world.columns < LEAST_WIDTH_OF_QUESTION;
  const question = narrow ? "Command (?: help): " : `Index or command (?: help, Enter: ${enter}): `;
  while (true) {
    const answer = await menu.prompter.ask(question, {
      notices: true,
      complete: queries(menu),
    });
    if (answer === null) return "leave";
    try {
      const next = await follow(menu, { view, page }, parseListCommand(answer));
      if (next !== "stay") return next;
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
    }
  }
}

function queries({ mailbox }: MenuWorld) {
  return queryCompleter({
    contacts: () => mailbox.contacts(),
    folders: () => mailbox.folders.list(),
  });
}

async function follow(
  menu: MenuWorld,
  { view, page }: { view: ListView; page: Page },
  command: ListCommand,
): Promise<Next> {
  const anew = (changes: Partial<ListView>): ListView => ({ ...view, offset: 0, ...changes });
  switch (command.kind) {
    case "onward":
    case "next":
      if (page.more) return anew({ offset: view.offset + PAGE_MAILS });
      if (command.kind === "onward") return "leave";
      await tell(menu, "This is the last page.");
      return "stay";
    case "previous":
      if (view.offset > 0) return anew({ offset: Math.max(0, view.offset - PAGE_MAILS) });
      await tell(menu, "This is the first page.");
      return "stay";
    case "quit":
      return "leave";
    case "help":
      await menu.show(listHelp(menu.world.columns).map((line) => `${line}\n`).join(""));
      return "stay";
    case "open":
      await showMail(menu, command.index, view);
      return { ...view };
    case "unread":
      return anew({ unread: !view.unread });
    case "threads":
      return anew({ threads: !view.threads });
    case "thread":
      return await threadView(menu, page, command.index);
    case "reverse":
      return anew({ reverse: !view.reverse });
    case "sort":
      return await sorted(menu, view, command);
    case "query":
      return await queried(menu, view, command.text);
    case "folder":
      return await otherFolder(menu, view, command.name);
    case "act":
      await actOnList(menu, view, command);
      return { ...view };
    case "undo":
      await undoLast(menu);
      return { ...view };
    case "unknown":
      await tell(menu, `"${command.text}" is no command; ? shows them. For a query: / WORDS`);
      return "stay";
  }
}

async function threadView(menu: MenuWorld, page: Page, index: number): Promise<Next> {
  const item = page.items.find((one) => one.index === index);
  if (item === undefined) {
    await tell(menu, `There is no ${index} on this page.`);
    return "stay";
  }
  return {
    ...{ folder: null, query: `thread:${item.thread}`, unread: false, threads: false },
    ...{ sort: "date", reverse: true, offset: 0 },
  };
}

async function sorted(
  menu: MenuWorld,
  view: ListView,
  { key, reverse }: Extract<ListCommand, { kind: "sort" }>,
): Promise<Next> {
  const answer = key ??
    sortKeyOf(await menu.prompter.ask("Sort by date, sender, title or size: ") ?? "");
  if (answer === undefined) return "stay";
  // The same once more turns it round.
  const again = key === null && answer === view.sort;
  return { ...view, offset: 0, sort: answer, reverse: again ? !view.reverse : reverse };
}

async function queried(menu: MenuWorld, view: ListView, text: string | null): Promise<Next> {
  let typed = text;
  if (typed === null) {
    await tell(menu, QUERY_HELP);
    const answer = await menu.prompter.ask("Query (Enter: all mails): ", {
      ...{ initial: view.query, complete: queries(menu) },
    });
    if (answer === null) return "stay";
    typed = answer.trim();
  }
  parseQuery(typed, Date.now());
  return { ...view, offset: 0, query: typed };
}

async function otherFolder(menu: MenuWorld, view: ListView, name: string | null): Promise<Next> {
  const wanted = name ?? await askFolder(menu, "Open");
  if (wanted === null) return "stay";
  menu.mailbox.folders.resolve(wanted);
  return { ...view, folder: wanted.toLowerCase(), query: "", unread: false, offset: 0 };
}
