/** Listing: which mails, in which order, and how an entry becomes a line of the list. */

import type { AccountState } from "../crypto/account_state.ts";
import { toHex } from "../crypto/bytes.ts";
import { type EntryMarks, marksIn } from "../crypto/entry_fields.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import type { ContactState } from "./contact_types.ts";
import type { Contacts } from "./contacts.ts";
import type { EntryBook, KnownMail } from "./entry_book.ts";
import { folderId, folderName, requiredFolderId } from "./folder_names.ts";
import type { MailIndex } from "./index/mail_index.ts";
import { peopleOf } from "./index/mail_row.ts";
import { rejectionText, warningTexts } from "./mail_warnings.ts";
import type { Intake } from "./mailbox_intake.ts";
import type { ListOptions, MailListItem } from "./mailbox_types.ts";
import { parseQuery } from "./query/parse.ts";
import { nodesOf, type Query } from "./query/query.ts";
import { selectMails, withDefaultFolder } from "./query/select.ts";
import type { SearchTerm } from "./search/types.ts";

/** Finds the mails that a text is in, with how well it fits. */
export type FindText = (
  term: SearchTerm,
  options: { readonly ranked: boolean },
) => Promise<ReadonlyMap<number, number>>;

export interface ListerParts {
  readonly book: EntryBook;
  readonly intake: Intake;
  readonly contacts: Contacts;
  readonly index: MailIndex;
  /** Full-text search. */
  readonly findText: FindText;
}

export class Lister {
  readonly #me: string;
  readonly #parts: ListerParts;
  readonly #state: () => AccountState;

  constructor({ user, state }: Pick<OpenAccount, "user" | "state">, parts: ListerParts) {
    this.#me = user;
    this.#state = () => state.current;
    this.#parts = parts;
  }

  /** See Mailbox.list. */
  async list(options: ListOptions): Promise<MailListItem[]> {
    const { offset = 0, limit = Infinity, threads = false } = options;
    const chosen = await this.select({ ...options, ...(threads ? {} : { limit: offset + limit }) });
    const folded = threads ? this.#fold(chosen) : chosen.map((index) => ({ index, count: 1 }));
    const page = folded.slice(offset, offset + limit);
    const { book, intake } = this.#parts;
    const found = await book.find({ indices: page.map(({ index }) => index) });
    const items = await this.items(await intake.takeIn(found));
    const byIndex = new Map(items.map((item) => [item.index, item]));
    return page.flatMap(({ index, count }) => {
      // One that was removed in this moment is no line any more.
      const item = byIndex.get(index);
      return item === undefined ? [] : [threads ? { ...item, threadCount: count } : item];
    });
  }

  /**
   * The mails that the options mean, by index; their lines have been read.
   *
   * @throws {QueryError} {NotFoundError} for a folder that is not there
   */
  async select(options: ListOptions): Promise<number[]> {
    const query = this.#queryOf(options);
    const { index, findText } = this.#parts;
    await index.catchUp();
    const { sort = "date", reverse = false, limit = Infinity } = options;
    return await selectMails(query, index, {
      ...{ me: this.#me, sort, reverse, limit },
      folder: (name) => folderId(this.#state(), name),
      find: ({ term }) => findText(term, { ranked: sort === "relevance" }),
    });
  }

  /** Mails as lines of a list, in their order. */
  async items(mails: readonly KnownMail[]): Promise<MailListItem[]> {
    const senders = mails.flatMap(({ entry }) =>
      entry === "damaged" || entry.rejected !== null ? [] : [entry.from]
    );
    const states = await this.#parts.contacts.statesOf(senders);
    const state = this.#state();
    return mails.map((mail) => listItem(mail, { states, state }));
  }

  /** Of each thread the first mail, and how many there are. */
  #fold(indexes: readonly number[]): { index: number; count: number }[] {
    const threads = new Map<string, { index: number; count: number }>();
    for (const index of indexes) {
      const thread = this.#parts.index.row(index)?.thread;
      if (thread === undefined) continue;
      const known = threads.get(thread);
      if (known === undefined) threads.set(thread, { index, count: 1 });
      else known.count += 1;
    }
    return [...threads.values()];
  }

  #queryOf({ query: text = "", folder, unread, sent }: ListOptions): Query {
    const query = parseQuery(text, systemClock.now());
    for (const node of nodesOf(query)) {
      const isFolder = node.kind === "in" && node.folder.toLowerCase() !== "anywhere";
      if (isFolder) requiredFolderId(this.#state(), node.folder);
    }
    const parts: Query[] = [
      ...(sent ? [{ kind: "is", what: "sent" } as const, NOT_IN_TRASH] : []),
      ...(unread ? [{ kind: "flag", flag: "read", set: false } as const] : []),
      ...(query.kind === "all" ? [] : [query]),
    ];
    const whole: Query = parts.length === 0 ? { kind: "all" } : { kind: "and", of: parts };
    const named = folder === undefined ? undefined : requiredFolderId(this.#state(), folder);
    return withDefaultFolder(whole, named);
  }
}

const NOT_IN_TRASH: Query = { kind: "not", of: { kind: "in", folder: "trash" } };

function listItem(
  { index, messageId, arrived, entry }: KnownMail,
  { states, state }: { states: ReadonlyMap<string, ContactState>; state: AccountState },
): MailListItem {
  const id = toHex(messageId);
  if (entry === "damaged" || entry.rejected !== null) {
    const reason = entry === "damaged" ? entry : entry.rejected!;
    const { folder, flags, also } = entry === "damaged" ? NO_MARKS : entry;
    return {
      ...{ index, id, title: "", size: 0, to: [], cc: [], warnings: [], preview: "" },
      from: entry === "damaged" ? "" : entry.from,
      date: new Date(arrived).toISOString(),
      unread: !flags.includes("read"),
      ...placesOf({ folder, also }, state),
      ...{ flags, attachments: 0, kind: "mail", thread: id },
      contact: null,
      rejected: rejectionText(reason),
    };
  }
  const { from, to, cc } = peopleOf(entry);
  const { references, inReplyTo, flags, kind, subject: title, size, preview } = entry;
  return {
    ...{ index, id, from, to: [...to], cc, title, size, flags, kind, preview },
    date: isoDate(entry.date),
    unread: !flags.includes("read"),
    ...placesOf(entry, state),
    attachments: entry.attachments.length,
    thread: toHex(references[0] ?? inReplyTo ?? messageId),
    warnings: warningTexts(entry, state),
    // Of whom an imported mail is from nobody here knows anything.
    contact: kind === "import" ? null : states.get(entry.from) ?? null,
  };
}

const NO_MARKS: Pick<EntryMarks, "flags" | "folder" | "also"> = marksIn("inbox");

/** A mail's folders as they are shown. */
export function placesOf(
  { folder, also }: { folder: string; also: readonly string[] },
  state: AccountState,
): { folder: string; folderName: string; also: string[] } {
  const folderNames = also.map((id) => folderName(state, id));
  return { folder, folderName: folderName(state, folder), also: folderNames };
}

/** A sender's date; one beyond what ECMAScript's dates can say is shown as the last of them. */
export function isoDate(ms: number): string {
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}
