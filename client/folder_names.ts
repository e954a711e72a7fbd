/** Folders: which there are, what they are called, and which one a word means. */

import { closestWord } from "../cli/suggest.ts";
import type { AccountState } from "../crypto/account_state.ts";
import { NotFoundError } from "./errors.ts";

/** The folders that every mailbox has; their ids are their names. */
export const BUILT_IN_FOLDERS = ["inbox", "sent", "drafts", "archive", "trash"] as const;
export type BuiltInFolder = (typeof BUILT_IN_FOLDERS)[number];

export function isBuiltIn(id: string): id is BuiltInFolder {
  return (BUILT_IN_FOLDERS as readonly string[]).includes(id);
}

type Folders = Pick<AccountState, "folders">;

/** Every folder's id and name, the built-in ones first, the others from A to Z. */
export function allFolders({ folders }: Folders): { id: string; name: string }[] {
  const own = [...folders].map(([id, name]) => ({ id, name }));
  own.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return [...BUILT_IN_FOLDERS.map((id) => ({ id, name: id })), ...own];
}

/** A folder's name; of one that another device has removed, its id. */
export function folderName({ folders }: Folders, id: string): string {
  return folders.get(id) ?? id;
}

/** The id of the folder with that name, in any case, or with that id; null: none. */
export function folderId({ folders }: Folders, name: string): string | null {
  const wanted = comparable(name);
  if (isBuiltIn(wanted)) return wanted;
  for (const [id, own] of folders) if (comparable(own) === wanted) return id;
  return folders.has(name) ? name : null;
}

/** As `folderId`. @throws {NotFoundError} which says what there is, or may be meant. */
export function requiredFolderId(state: Folders, name: string): string {
  const id = folderId(state, name);
  if (id !== null) return id;
  const names = allFolders(state).map((folder) => folder.name);
  const near = closestWord(name, names.map((known) => known.toLowerCase()));
  throw new NotFoundError(`There is no folder "${name}".`, {
    hint: near === undefined
      ? `There is: ${names.join(", ")}. Make one with: mailsec folders add NAME`
      : `Did you mean "${near}"?`,
  });
}

/** Two names that differ in this alone would be one to a reader. */
export function comparable(name: string): string {
  return name.trim().normalize("NFC").toLowerCase();
}
