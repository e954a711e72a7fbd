/** The folders of a mailbox, for every face. Their names are sealed in the account state. */

import { type AccountState, MAX_FOLDER_NAME_BYTES, MAX_FOLDERS } from "../crypto/account_state.ts";
import { randomBytes, toHex, utf8 } from "../crypto/bytes.ts";
import { MailsecError } from "../crypto/errors.ts";
import { allFolders, comparable, folderId, isBuiltIn, requiredFolderId } from "./folder_names.ts";
import type { MailIndex } from "./index/mail_index.ts";
import type { StateStore } from "./state_store.ts";

/** Longest name, in characters. */
const MAX_NAME_CHARACTERS = 100;
const ID_BYTES = 4;

export interface FolderInfo {
  readonly id: string;
  readonly name: string;
  readonly builtIn: boolean;
  /** Mails in it. */
  readonly total: number;
  readonly unread: number;
}

interface FoldersParts {
  readonly state: StateStore;
  readonly index: Pick<MailIndex, "sync" | "indexes" | "row">;
  /** Moves all mails of a folder (by id) to the archive. */
  emptyInto(folder: string): Promise<number>;
}

export class Folders {
  readonly #parts: FoldersParts;

  constructor(parts: FoldersParts) {
    this.#parts = parts;
  }

  /** All folders, the built-in ones first. */
  async list(): Promise<FolderInfo[]> {
    const { state, index } = this.#parts;
    await index.sync();
    const counts = new Map<string, { total: number; unread: number }>();
    const count = (id: string, isUnread: boolean) => {
      const counted = counts.get(id) ?? { total: 0, unread: 0 };
      counted.total += 1;
      if (isUnread) counted.unread += 1;
      counts.set(id, counted);
    };
    for (const number of index.indexes()) {
      const { folder, also, flags } = index.row(number)!;
      const isUnread = !flags.includes("read");
      count(folder, isUnread);
      for (const id of also) if (id !== folder) count(id, isUnread);
    }
    return allFolders(state.current).map(({ id, name }) => ({
      ...{ id, name, builtIn: isBuiltIn(id) },
      ...(counts.get(id) ?? { total: 0, unread: 0 }),
    }));
  }

  /** The names, without counting. */
  names(): string[] {
    return allFolders(this.#parts.state.current).map(({ name }) => name);
  }

  /** The id of a folder by its name, in any case. @throws {NotFoundError} */
  resolve(name: string): string {
    return requiredFolderId(this.#parts.state.current, name);
  }

  /**
   * Makes a folder.
   *
   * @throws {MailsecError} `folder_name`, `folder_exists`, `too_many_folders`
   */
  async add(name: string): Promise<FolderInfo> {
    const id = `f${toHex(randomBytes(ID_BYTES))}`;
    const made = checkedName(name);
    await this.#change((state) => {
      refuseTaken(state, made);
      if (state.folders.size >= MAX_FOLDERS) throw tooMany();
      return new Map(state.folders).set(id, made);
    });
    return { id, name: made, builtIn: false, total: 0, unread: 0 };
  }

  /** Gives a folder another name; its mails are not touched. Throws as `add` and `resolve`. */
  async rename(name: string, next: string): Promise<void> {
    const id = this.#own(name);
    const made = checkedName(next);
    await this.#change((state) => {
      if (folderId(state, made) !== id) refuseTaken(state, made);
      return state.folders.has(id) ? new Map(state.folders).set(id, made) : state.folders;
    });
  }

  /**
   * Removes a folder. Its mails go to the archive.
   *
   * @returns How many mails were moved.
   * @throws {NotFoundError} {MailsecError} `folder_built_in`
   */
  async remove(name: string): Promise<number> {
    const id = this.#own(name);
    const moved = await this.#parts.emptyInto(id);
    await this.#change(({ folders }) => new Map([...folders].filter(([other]) => other !== id)));
    return moved;
  }

  #own(name: string): string {
    const id = this.resolve(name);
    if (!isBuiltIn(id)) return id;
    throw new MailsecError("folder_built_in", `The folder "${id}" is always there.`, {
      hint: "Only folders that you have made can be renamed and removed.",
    });
  }

  /** Made again on top of what another device has changed meanwhile. */
  async #change(change: (state: AccountState) => AccountState["folders"]): Promise<void> {
    let failure: unknown = null;
    await this.#parts.state.update((state) => {
      try {
        failure = null;
        const folders = change(state);
        return {
          state: folders === state.folders ? state : { ...state, folders },
          result: undefined,
        };
      } catch (error) {
        failure = error;
        return { state, result: undefined };
      }
    }).committed;
    if (failure !== null) throw failure;
  }
}

function checkedName(name: string): string {
  const made = name.trim().normalize("NFC");
  const fits = made !== "" && [...made].length <= MAX_NAME_CHARACTERS &&
    utf8(made).length <= MAX_FOLDER_NAME_BYTES && !/\p{C}/u.test(made);
  if (fits && comparable(made) !== "anywhere" && !made.includes('"')) return made;
  throw new MailsecError("folder_name", "A folder cannot have this name.", {
    hint: `A name has 1 to ${MAX_NAME_CHARACTERS} characters, none of them invisible and no ` +
      'quotation mark, and is not "anywhere".',
  });
}

function refuseTaken(state: AccountState, name: string): void {
  if (folderId(state, name) === null) return;
  throw new MailsecError("folder_exists", `There is a folder "${name}" already.`, {
    hint: "Names count as the same in capital and small letters.",
  });
}

function tooMany(): MailsecError {
  return new MailsecError("too_many_folders", `There are ${MAX_FOLDERS} folders already.`, {
    hint: "Remove one that is not needed any more: mailsec folders remove NAME",
  });
}
