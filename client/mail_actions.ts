/**
 * What is done to mails, one or many at once: flags, folders, trash. Each is a change of sealed
 * entries that is made again on top of what another device has written meanwhile, so that nobody's
 * change is lost; and each can be undone.
 */

import { fromHex } from "../crypto/bytes.ts";
import type { EntryMarks, SealedEntry } from "../crypto/entry_fields.ts";
import { MAX_ALSO } from "../crypto/entry_fields.ts";
import { MailsecError } from "../crypto/errors.ts";
import { MAX_LIST_PAGE, MAX_REMOVE_MAILS } from "../protocol/limits.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import { removeMails } from "../protocol/messages/remove_mails.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import type { ChangedMail, EntryBook, KnownMail } from "./entry_book.ts";
import { NotFoundError } from "./errors.ts";
import { isBuiltIn, requiredFolderId } from "./folder_names.ts";
import { inOrder } from "./in_order.ts";
import type { MailIndex } from "./index/mail_index.ts";
import type { Flag, MailRow } from "./index/mail_row.ts";
import type { Intake } from "./mailbox_intake.ts";
import type { ListOptions } from "./mailbox_types.ts";

/** What lies in the trash for so long is erased. */
export const TRASH_LIFETIME_MS = 30 * 24 * 60 * 60_000;

/** Pages of entries that are fetched and changed at once. */
const PAGES_AT_ONCE = 8;

/** Which mails: those that a query means, or with these indexes or ids. */
export type Which =
  | { readonly query: string }
  | { readonly indices: readonly number[] }
  | { readonly ids: readonly string[] };

export interface ActionResult {
  /** How many mails were changed; those that were so already do not count. */
  readonly count: number;
  /** Takes it back, as far as nobody has changed the mails since. Returns for how many. */
  undo(): Promise<number>;
}

interface ActionParts {
  readonly book: EntryBook;
  readonly intake: Intake;
  readonly index: MailIndex;
  select(options: ListOptions): Promise<number[]>;
}

type Marks = EntryMarks;

export class MailActions {
  readonly #account: OpenAccount;
  readonly #parts: ActionParts;
  readonly #serverAheadMs: number;

  constructor(account: OpenAccount, parts: ActionParts) {
    this.#account = account;
    this.#parts = parts;
    this.#serverAheadMs = account.hello.timeMs - systemClock.now();
  }

  /**
   * Sets and takes away flags.
   *
   * @throws {NotFoundError} when no mail is meant, as all of these functions.
   */
  mark(
    which: Which,
    { add = [], remove = [] }: { add?: readonly Flag[]; remove?: readonly Flag[] },
  ): Promise<ActionResult> {
    return this.#change(which, (marks) => {
      const kept = marks.flags.filter((flag) => !(remove as readonly string[]).includes(flag));
      const flags = [...kept, ...add.filter((flag) => !kept.includes(flag))];
      return sameTexts(flags, marks.flags) ? marks : { ...marks, flags };
    });
  }

  /** Puts mails into one folder, and out of all others. @param folder Name or id. */
  async move(which: Which, folder: string): Promise<ActionResult> {
    const id = this.#folder(folder);
    if (id === "trash") return await this.trash(which);
    return await this.#change(which, (marks) => inFolder(marks, id));
  }

  /** Puts mails into one more folder; they stay one mail each. @param folder Name or id. */
  async copy(which: Which, folder: string): Promise<ActionResult> {
    const id = this.#folder(folder);
    if (id === "trash") {
      throw new MailsecError("folder_trash", "Mails cannot be copied to the trash.", {
        hint: "Delete them: they stay in the trash for 30 days.",
      });
    }
    return await this.#change(which, (marks) => {
      if (marks.folder === "trash") return inFolder(marks, id);
      const isThere = marks.folder === id || marks.also.includes(id);
      if (isThere || marks.also.length >= MAX_ALSO) return marks;
      return { ...marks, also: [...marks.also, id] };
    });
  }

  /** Puts mails into the trash, where they stay for 30 days. */
  trash(which: Which): Promise<ActionResult> {
    // By the later of two clocks, as old trash is by the earlier: one that is wrong erases nothing.
    const at = Math.max(...this.#clocks());
    return this.#change(which, (marks) => {
      if (marks.folder === "trash") return marks;
      const { folder, also } = marks;
      return { ...marks, folder: "trash", also: [], trashed: { at, folder, also } };
    });
  }

  /** Puts mails from the trash back to where they were. */
  restore(which: Which): Promise<ActionResult> {
    return this.#change(which, (marks) => {
      if (marks.folder !== "trash") return marks;
      const { folder, also } = marks.trashed ?? { folder: "inbox", also: [] };
      return this.#there({ ...marks, folder, also, trashed: null });
    });
  }

  /**
   * Removes mails for ever: only what is in the trash, unless forced.
   *
   * @returns How many were removed.
   */
  async erase(which: Which, { force = false } = {}): Promise<number> {
    const rows = await this.#rows(which);
    const erased = force ? rows : rows.filter(({ folder }) => folder === "trash");
    if (erased.length < rows.length && erased.length === 0) {
      throw new MailsecError("not_in_trash", "Only what is in the trash is removed for ever.", {
        hint: "Delete the mails first.",
      });
    }
    return await this.#remove(erased.map(({ id }) => id));
  }

  /** Removes mails for ever, wherever they are; those that are gone are left out. */
  eraseIds(ids: readonly string[]): Promise<number> {
    return this.#remove(ids);
  }

  /** Removes what has been in the trash for 30 days. Returns how many that were. */
  async emptyOldTrash(): Promise<number> {
    const { index } = this.#parts;
    const before = Math.min(...this.#clocks()) - TRASH_LIFETIME_MS;
    await index.sync();
    const old = index.indexes().flatMap((number) => {
      const row = index.row(number)!;
      const isOld = row.folder === "trash" && row.trashedAt !== null && row.trashedAt < before;
      return isOld ? [row.id] : [];
    });
    return old.length === 0 ? 0 : await this.#remove(old);
  }

  async #remove(ids: readonly string[]): Promise<number> {
    let removed = 0;
    for (let at = 0; at < ids.length; at += MAX_REMOVE_MAILS) {
      const messageIds = ids.slice(at, at + MAX_REMOVE_MAILS).map((id) => fromHex(id));
      removed += (await this.#account.request(removeMails, { messageIds })).removed;
    }
    await this.#parts.index.catchUp();
    return removed;
  }

  async #change(which: Which, change: (marks: Marks) => Marks): Promise<ActionResult> {
    const { book, intake } = this.#parts;
    const rows = await this.#rows(which);
    const before = new Map<number, { marks: Marks }>();
    const changed = await this.#inPages(rows.map((row) => row.index), async (found) => {
      const mails = await intake.takeIn(found);
      for (const { index, entry } of mails) {
        if (entry !== "damaged") before.set(index, { marks: entry });
      }
      return await book.change(mails, (entry) => withMarks(entry, change(entry)));
    });
    return { count: changed.length, undo: () => this.#undo(changed, before) };
  }

  /** Gives back the marks of before to those mails that have been left alone since. */
  async #undo(
    changed: readonly KnownMail[],
    before: ReadonlyMap<number, { marks: Marks }>,
  ): Promise<number> {
    const { book } = this.#parts;
    const revisions = new Map(changed.map((mail) => [mail.index, mail.revision]));
    const undone = await this.#inPages([...revisions.keys()], (found) => {
      const alone = found.flatMap((place) =>
        place.revision === revisions.get(place.index) ? book.open(place) ?? [] : []
      );
      const marks = new Map(alone.map((mail) => [mail.entry, before.get(mail.index)!.marks]));
      return book.change(alone, (entry) => {
        const earlier = marks.get(entry);
        return earlier === undefined ? entry : withMarks(entry, this.#there(earlier));
      });
    });
    return undone.length;
  }

  /** Changes mails a page at a time, while the next pages are under way. Returns the changed ones. */
  async #inPages(
    indices: readonly number[],
    change: (found: MailboxEntry[]) => Promise<ChangedMail[]>,
  ): Promise<ChangedMail[]> {
    const { book, index } = this.#parts;
    const changePage = async (page: readonly number[]) =>
      await change(await book.find({ indices: page }));
    const pages: (readonly number[])[] = [];
    for (let at = 0; at < indices.length; at += MAX_LIST_PAGE) {
      pages.push(indices.slice(at, at + MAX_LIST_PAGE));
    }
    const changed: ChangedMail[] = [];
    for await (const page of inOrder(pages, changePage, PAGES_AT_ONCE)) {
      changed.push(...page);
    }
    await index.changed(changed);
    return changed;
  }

  async #rows(which: Which): Promise<MailRow[]> {
    const { index } = this.#parts;
    if ("query" in which) {
      const chosen = await this.#parts.select({ query: which.query });
      const rows = chosen.flatMap((number) => index.row(number) ?? []);
      if (rows.length > 0) return rows;
      throw new NotFoundError("No mail matches.", {
        hint: `Without "in:FOLDER" a query means the inbox. Look with: mailsec list QUERY`,
      });
    }
    if ("ids" in which) await index.sync();
    else {
      await index.catchUp();
      await index.load(which.indices);
    }
    const wanted = "indices" in which
      ? which.indices.map((number) => [String(number), index.row(number)] as const)
      : which.ids.map((id) => [id, index.byId(id)] as const);
    const missing = wanted.filter(([, row]) => row === undefined).map(([name]) => name);
    if (missing.length > 0) {
      throw new NotFoundError(`There is no mail ${missing.join(", ")} in this mailbox.`, {
        hint: "Take the number in front of the mail in the list.",
      });
    }
    return wanted.map(([, row]) => row!);
  }

  /** What time it is, by this machine and by the server: ms since the epoch. */
  #clocks(): [number, number] {
    const now = systemClock.now();
    return [now, now + this.#serverAheadMs];
  }

  /** The marks without folders that have been removed meanwhile: their mails are in the archive. */
  #there(marks: Marks): Marks {
    const { folders } = this.#account.state.current;
    const isThere = (id: string) => isBuiltIn(id) || folders.has(id);
    const folder = isThere(marks.folder) ? marks.folder : "archive";
    return { ...marks, folder, also: marks.also.filter(isThere) };
  }

  #folder(name: string): string {
    return requiredFolderId(this.#account.state.current, name);
  }
}

function inFolder(marks: Marks, folder: string): Marks {
  if (marks.folder === folder && marks.also.length === 0) return marks;
  return { ...marks, folder, also: [], trashed: null };
}

function withMarks(entry: SealedEntry, { flags, folder, also, trashed }: Marks): SealedEntry {
  const isSame = flags === entry.flags && folder === entry.folder && also === entry.also &&
    trashed === entry.trashed;
  return isSame ? entry : { ...entry, flags, folder, also, trashed };
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
