/** Entry 8: folders. */

import { renderTable } from "../../../cli/table.ts";
import type { FolderInfo } from "../../folders.ts";
import { confirm } from "../questions.ts";
import { folderCompleter } from "./complete/names.ts";
import { INBOX } from "./list/list_view.ts";
import { showList } from "./list/list_screen.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

const QUESTION = "Number or name opens, a add, r rename, x remove (Enter: menu): ";

/** Shows the folders, opens one, makes, renames and removes the user's own. */
export async function manageFolders(menu: MenuWorld): Promise<void> {
  while (true) {
    const folders = await menu.mailbox.folders.list();
    await showFolders(menu, folders);
    const complete = folderCompleter(() => Promise.resolve(folders));
    const answer = (await menu.prompter.ask(QUESTION, { notices: true, complete }))?.trim() ?? "";
    if (answer === "" || answer === "q") return;
    try {
      await follow(menu, folders, answer);
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
    }
  }
}

async function showFolders(menu: MenuWorld, folders: readonly FolderInfo[]): Promise<void> {
  const columns = [
    { header: "NO", align: "right" },
    { header: "FOLDER", min: 8 },
    { header: "UNREAD", align: "right" },
    { header: "MAILS", align: "right" },
  ] as const;
  const rows = folders.map(({ name, unread, total }, at) => [
    ...[String(at + 1), name, unread === 0 ? "" : String(unread), String(total)],
  ]);
  const lines = renderTable(columns, rows, {
    width: menu.world.columns,
    headerStyle: menu.style.dim,
    rowStyle: (line, row) => folders[row]!.unread > 0 ? menu.style.bold(line) : line,
  });
  await menu.show(`\n${lines.map((line) => `${line}\n`).join("")}`);
}

async function follow(
  menu: MenuWorld,
  folders: readonly FolderInfo[],
  answer: string,
): Promise<void> {
  const api = menu.mailbox.folders;
  const [, letter, rest = ""] = /^([arx])(?:\s+(\S.*))?$/is.exec(answer) ?? [];
  const named = (question: string) => rest === "" ? ask(menu, folders, question) : rest;
  if (letter === "a") {
    const name = await named("Name of the new folder (Enter: not now): ");
    if (name !== "") await tell(menu, `Made: ${(await api.add(name)).name}`);
  } else if (letter === "r") {
    const name = await named("Which (Enter: not now): ");
    if (name === "") return;
    const next = await ask(menu, folders, "Its new name (Enter: not now): ");
    if (next !== "") await api.rename(nameOf(folders, name), next);
  } else if (letter === "x") {
    const name = await named("Which (Enter: not now): ");
    if (name === "") return;
    const folder = nameOf(folders, name);
    const question = `Remove "${folder}"? Its mails go to the archive.`;
    if (!(await confirm(menu.prompter, question, false))) return;
    await tell(menu, `Removed; mails moved to the archive: ${await api.remove(folder)}.`);
  } else {
    const name = nameOf(folders, answer.replace(/^o\s+/i, ""));
    api.resolve(name);
    await showList(menu, { ...INBOX, folder: name });
  }
}

async function ask(
  menu: MenuWorld,
  folders: readonly FolderInfo[],
  question: string,
): Promise<string> {
  const complete = folderCompleter(() => Promise.resolve(folders));
  return (await menu.prompter.ask(question, { complete }))?.trim() ?? "";
}

/** The folder with that number in the list, or else the text as a name. */
function nameOf(folders: readonly FolderInfo[], text: string): string {
  return folders[Number(text.replace(/[).]$/, "")) - 1]?.name ?? text;
}
