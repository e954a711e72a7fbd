/** What is done to mails from a list, and how it is undone. */

import type { ActionResult, Which } from "../../../mail_actions.ts";
import { parseQuery } from "../../../query/parse.ts";
import { confirm } from "../../questions.ts";
import { folderCompleter } from "../complete/names.ts";
import { queryCompleter } from "../complete/query_words.ts";
import { type MenuWorld, tell } from "../menu_world.ts";
import type { Act } from "./list_command.ts";
import { type ListView, rangeQuery, viewQuery } from "./list_view.ts";
import { parseWhich } from "./which.ts";

/** What is to be done, as it was typed. */
export interface Wanted {
  readonly act: Act;
  readonly which: string;
  readonly folder: string | null;
}

/** Asks for what is missing and does it. */
export async function actOnList(menu: MenuWorld, view: ListView, wanted: Wanted): Promise<void> {
  const text = wanted.which === ""
    ? (await menu.prompter.ask("Which (such as 3 5-8, or a query): ", {
      complete: queryCompleter({
        contacts: () => menu.mailbox.contacts(),
        folders: () => menu.mailbox.folders.list(),
      }),
    }))?.trim() ?? ""
    : wanted.which;
  const which = whichOf(view, text);
  if (which === null) return;
  await actOn(menu, which, { ...wanted, inTrash: view.folder === "trash" });
}

/** What was typed, within the list; null: nothing. Throws for a query that cannot be understood. */
function whichOf(view: ListView, text: string): Which | null {
  const chosen = parseWhich(text);
  if (chosen.kind === "none") return null;
  if (chosen.kind === "query") {
    // Alone first: what is wrong with it is shown in what was typed.
    parseQuery(chosen.text, Date.now());
    return { query: viewQuery(view, chosen.text) };
  }
  const single = chosen.ranges.every(({ first, last }) => first === last);
  return single
    ? { indices: [...new Set(chosen.ranges.map(({ first }) => first))] }
    : { query: rangeQuery(view, chosen.ranges) };
}

export interface ActOptions {
  readonly act: Act;
  /** Null: asked for. */
  readonly folder: string | null;
  /** Deleting means for ever. */
  readonly inTrash: boolean;
}

/** Does it and says what was done. False: it was not. */
export async function actOn(menu: MenuWorld, which: Which, options: ActOptions): Promise<boolean> {
  const { mails } = menu.mailbox;
  const { act, inTrash } = options;
  if (act === "delete" && inTrash) return await erase(menu, which);
  if (act === "delete") return await done(menu, "deleted", await mails.trash(which));
  if (act === "read" || act === "flag") return await toggle(menu, which, act);
  const folder = options.folder ?? await askFolder(menu, act === "move" ? "Move to" : "Copy to");
  if (folder === null) return false;
  const result = act === "move" ? await mails.move(which, folder) : await mails.copy(which, folder);
  return await done(menu, `${act === "move" ? "moved" : "copied"} to ${folder}`, result);
}

/** Sets the flag; when all mails have it already, takes it away. */
async function toggle(menu: MenuWorld, which: Which, act: "read" | "flag"): Promise<boolean> {
  const { mails } = menu.mailbox;
  const flag = act === "read" ? "read" : "flagged";
  const set = await mails.mark(which, { add: [flag] });
  if (set.count > 0) return await done(menu, act === "read" ? "marked read" : "flagged", set);
  const taken = await mails.mark(which, { remove: [flag] });
  return await done(menu, act === "read" ? "marked unread" : "not flagged any more", taken);
}

async function erase(menu: MenuWorld, which: Which): Promise<boolean> {
  if (!(await confirm(menu.prompter, "Remove for ever? There is no undo.", false))) return false;
  const count = await menu.mailbox.mails.erase(which);
  await tell(menu, `${mailsText(count)} removed for ever.`);
  return true;
}

async function done(
  menu: MenuWorld,
  what: string,
  { count, undo }: ActionResult,
): Promise<boolean> {
  if (count > 0) menu.last.undo = undo;
  const hint = count > 0 ? " z takes it back." : "";
  await tell(menu, `${mailsText(count)} ${what}.${hint}`);
  return true;
}

/** Takes the last action back. */
export async function undoLast(menu: MenuWorld): Promise<void> {
  const { undo } = menu.last;
  if (undo === null) return await tell(menu, "There is nothing to undo.");
  const count = await undo();
  menu.last.undo = null;
  await tell(menu, `Undone for ${mailsText(count)}.`);
}

/** Asks for a folder until there is one of that name; null: none. */
export async function askFolder(menu: MenuWorld, question: string): Promise<string | null> {
  const complete = folderCompleter(() => menu.mailbox.folders.list());
  const names = menu.mailbox.folders.names().join(", ");
  await tell(menu, `Folders: ${names}.`);
  const answer = await menu.prompter.ask(`${question} (Enter: not now): `, { complete });
  const name = answer?.trim() ?? "";
  return name === "" ? null : name;
}

function mailsText(count: number): string {
  return `${count} ${count === 1 ? "mail" : "mails"}`;
}
