/** Listing: which mails, in which order, and how an entry becomes a line of the list. */

import type { AccountState } from "../crypto/account_state.ts";
import { toHex } from "../crypto/bytes.ts";
import { MAX_LIST_PAGE } from "../protocol/limits.ts";
import type { OpenAccount } from "./account.ts";
import type { ContactState } from "./contact_types.ts";
import type { Contacts } from "./contacts.ts";
import type { EntryBook, KnownMail } from "./entry_book.ts";
import { rejectionText, warningTexts } from "./mail_warnings.ts";
import type { Intake } from "./mailbox_intake.ts";
import type { ListOptions, MailListItem, SortKey } from "./mailbox_types.ts";

/** Mails asked for beyond a limit: own copies and read mails among them do not count. */
const SPARE_MAILS = 12;

export class Lister {
  readonly #me: string;
  readonly #book: EntryBook;
  readonly #intake: Intake;
  readonly #contacts: Contacts;
  readonly #state: () => AccountState;

  constructor(
    { user, state }: Pick<OpenAccount, "user" | "state">,
    { book, intake, contacts }: { book: EntryBook; intake: Intake; contacts: Contacts },
  ) {
    this.#me = user;
    this.#state = () => state.current;
    this.#book = book;
    this.#intake = intake;
    this.#contacts = contacts;
  }

  /** See Mailbox.list. */
  async list(options: ListOptions): Promise<MailListItem[]> {
    const { sort = "date", reverse = false, limit = Infinity } = options;
    const newestSuffice = sort === "date" && !reverse;
    const mails = await this.#collect((mail) => this.#belongs(mail, options), {
      limit: newestSuffice ? limit : Infinity,
    });
    const items = await this.items(mails);
    items.sort((a, b) => ORDER[sort](a, b) || b.index - a.index);
    if (reverse) items.reverse();
    return items.slice(0, limit);
  }

  /** Mails as lines of a list, in their order. */
  async items(mails: readonly KnownMail[]): Promise<MailListItem[]> {
    const senders = mails.flatMap(({ entry }) =>
      entry === "damaged" || entry.rejected !== null ? [] : [entry.from]
    );
    const states = await this.#contacts.statesOf(senders);
    const state = this.#state();
    return mails.map((mail) => listItem(mail, { states, state }));
  }

  /**
   * Mails that are wanted, newest first, at least `limit` if there are so many. Reads at least
   * down to a page without new mails, so that mails are always taken in from the oldest on.
   */
  async #collect(
    isWanted: (mail: KnownMail) => boolean,
    { limit }: { limit: number },
  ): Promise<KnownMail[]> {
    const all = limit === Infinity;
    const pageSize = all ? MAX_LIST_PAGE : Math.min(MAX_LIST_PAGE, limit + SPARE_MAILS);
    const found = await this.#book.page(null, pageSize);
    const oldest = found.at(-1)?.index;
    if (oldest === undefined) return [];
    if (all) found.push(...await this.#book.allBelow(oldest));
    else await this.#untilKnown(found);
    const wanted = (await this.#intake.takeIn(found)).filter(isWanted);
    let before = found.at(-1)!.index;
    while (!all && wanted.length < limit && before > 1) {
      const page = await this.#book.page(before, MAX_LIST_PAGE);
      if (page.length === 0) break;
      before = page.at(-1)!.index;
      wanted.push(...(await this.#intake.takeIn(page)).filter(isWanted));
    }
    return wanted;
  }

  /** Extends `found` while its last page has mails that no device has looked at. */
  async #untilKnown(found: Awaited<ReturnType<EntryBook["page"]>>): Promise<void> {
    let page = found.slice();
    while (page.some(({ sealed }) => sealed === null)) {
      page = await this.#book.page(found.at(-1)!.index, MAX_LIST_PAGE);
      found.push(...page);
    }
  }

  #belongs({ entry }: KnownMail, { unread = false, sent = false }: ListOptions): boolean {
    if (entry === "damaged") return !sent;
    const isMine = entry.rejected === null && entry.from === this.#me;
    const inList = sent ? isMine : entry.folder === "inbox";
    return inList && !(unread && entry.flags.includes("read"));
  }
}

const collator = new Intl.Collator("en", { sensitivity: "base", numeric: true });

/** Newest arrival, A, or greatest first. */
const ORDER: Readonly<Record<SortKey, (a: MailListItem, b: MailListItem) => number>> = {
  date: (a, b) => b.index - a.index,
  sender: (a, b) => collator.compare(a.from, b.from),
  title: (a, b) => collator.compare(a.title, b.title),
  size: (a, b) => b.size - a.size,
};

function listItem(
  { index, messageId, arrived, entry }: KnownMail,
  { states, state }: { states: ReadonlyMap<string, ContactState>; state: AccountState },
): MailListItem {
  const place = { index, id: toHex(messageId) };
  if (entry === "damaged" || entry.rejected !== null) {
    const reason = entry === "damaged" ? entry : entry.rejected!;
    return {
      ...place,
      from: entry === "damaged" ? "" : entry.from,
      to: [],
      date: new Date(arrived).toISOString(),
      title: "",
      size: 0,
      unread: entry === "damaged" || !entry.flags.includes("read"),
      warnings: [],
      contact: null,
      rejected: rejectionText(reason),
    };
  }
  return {
    ...place,
    from: entry.from,
    to: [...entry.to],
    date: isoDate(entry.date),
    title: entry.subject,
    size: entry.size,
    unread: !entry.flags.includes("read"),
    warnings: warningTexts(entry, state),
    contact: states.get(entry.from) ?? null,
  };
}

/** A sender's date; one beyond what ECMAScript's dates can say is shown as the last of them. */
export function isoDate(ms: number): string {
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}
