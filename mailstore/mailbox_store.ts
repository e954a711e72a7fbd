/** The part of a mail store that a user sees of her own. The rules of store.ts hold here, too. */

import type { Bytes } from "../crypto/bytes.ts";

/** A line of a mailbox. */
export interface Entry {
  readonly index: number;
  readonly messageId: Bytes;
  readonly meta: Bytes;
  readonly contentLength: number;
  /** 0 as long as `sealed` is null. */
  readonly revision: number;
  /** What the owner of the mailbox wrote to it last. */
  readonly sealed: Bytes | null;
}

/** What of a mailbox to list: entries below index `before` (null: all). */
export interface Page {
  readonly before: number | null;
  readonly limit: number;
  /** See MailboxStore. */
  readonly maxBytes?: number;
}

export interface EntryPage {
  readonly total: number;
  readonly modseq: number;
  readonly entries: Entry[];
}

/** Entries with one of these numbers or ids. */
export interface WantedEntries {
  readonly indices: readonly number[];
  readonly messageIds: readonly Bytes[];
  /** See MailboxStore. */
  readonly maxBytes?: number;
}

/** Which changes of a mailbox to list: those after `since`, at most `limit` entries. */
export interface ChangesWanted {
  /** `next` of an earlier answer, or `modseq` of a page; 0: everything. */
  readonly since: number;
  readonly limit: number;
  /** See MailboxStore. */
  readonly maxBytes?: number;
}

/** What has changed in a mailbox. */
export interface Changes {
  /** `since` is too old, or of another mailbox: start anew, with a page. Then all else is empty. */
  readonly reset: boolean;
  /** What to go on with. */
  readonly next: number;
  /** Whether more has changed up to now. */
  readonly more: boolean;
  /** Entries as they are now, in the order of their last change. */
  readonly entries: readonly Entry[];
  /** Numbers of entries that were removed, in the order of their removal. */
  readonly removed: readonly number[];
}

/** The parts of a message that come before its content. */
export interface MailParts {
  readonly messageId: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
}

/** A part of the content of a message in a mailbox. */
export interface ContentRange {
  readonly messageId: Bytes;
  readonly offset: number;
  readonly length: number;
}

/** A change of an entry: counts only if the entry is at `revision` now. */
export interface EntryChange {
  readonly messageId: Bytes;
  readonly revision: number;
  readonly sealed: Bytes;
}

/** `revision` is what the entry has after the call; 0 with `ok` false also where there is none. */
export interface EntryChangeResult {
  readonly messageId: Bytes;
  readonly revision: number;
  readonly ok: boolean;
  /** Of the mailbox with this change; 0 if there was none. */
  readonly modseq: number;
}

/** The sealed state of an account; revision 0 and null before the first save. */
export interface SealedState {
  readonly revision: number;
  readonly sealed: Bytes | null;
}

/**
 * What a user sees of her own; the `tag` is hers.
 *
 * With `maxBytes` an answer ends before the item with which what it has sealed, or header and
 * summary, would be more than that; it has at least one item. What is left out is not read.
 */
export interface MailboxStore {
  /** Entries of a page, newest first; how many the mailbox has, and its `modseq` (see `changes`). */
  listEntries(tag: Bytes, page: Page): Promise<EntryPage>;
  /**
   * What has changed. Every change of an entry (its arrival too) and every removal raises the
   * mailbox's `modseq` by one and is told once, unless the entry has changed again since.
   */
  listChanges(tag: Bytes, wanted: ChangesWanted): Promise<Changes>;
  /**
   * Newest first, each once. When not all of them fit, those asked for first are there: numbers
   * before ids.
   */
  findEntries(tag: Bytes, wanted: WantedEntries): Promise<Entry[]>;
  /** In the order of `messageIds`, each once, without those that are not in this mailbox. */
  mailParts(
    tag: Bytes,
    messageIds: readonly Bytes[],
    options?: { maxBytes?: number },
  ): Promise<MailParts[]>;
  /** Null if the message is not in this mailbox. Past the end `data` is shorter, or empty. */
  readContent(tag: Bytes, range: ContentRange): Promise<{ data: Bytes; total: number } | null>;
  /** Each item on its own: one that is refused does not stop the others. */
  putEntries(tag: Bytes, items: readonly EntryChange[]): Promise<EntryChangeResult[]>;
  /** Takes messages out of the mailbox. Returns how many were there. */
  removeEntries(tag: Bytes, messageIds: readonly Bytes[]): Promise<number>;

  state(tag: Bytes): Promise<SealedState>;
  /** Returns the new revision, or null if the state is not at `revision` or there is no account. */
  saveState(tag: Bytes, revision: number, sealed: Bytes): Promise<number | null>;
}
