/**
 * The entries of this user's mailbox as the server keeps them: what each mail is, sealed by this
 * user's devices, replaced by compare-and-set. Opened entries are kept in memory.
 */

import { toHex } from "../crypto/bytes.ts";
import type { Bytes } from "../crypto/bytes.ts";
import { DecryptionError, FormatError } from "../crypto/errors.ts";
import type { SealedEntry } from "../crypto/entry_fields.ts";
import { EntrySealer } from "../crypto/sealed_entry.ts";
import { MAX_LIST_PAGE, MAX_PLAINTEXT_MESSAGE_BYTES, MAX_PUT_ENTRIES } from "../protocol/limits.ts";
import { changes, type ChangesReply } from "../protocol/messages/changes.ts";
import { entries as entriesMessage } from "../protocol/messages/entries.ts";
import { list } from "../protocol/messages/list.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import { putEntry, type PutEntryRequest } from "../protocol/messages/put_entry.ts";
import { ProtocolError } from "../protocol/session_errors.ts";
import type { OpenAccount } from "./account.ts";

/** How often in a row another device may be faster. */
const MAX_TRIES = 20;
/** Opened entries kept in memory: a few kilobytes each. */
const MAX_OPENED = 1500;
/** Pages fetched at once when all are wanted. */
const PAGES_AT_ONCE = 8;
/** Sealed entries written by one request, in bytes together; the rest of it is small. */
const MAX_WRITE_BYTES = MAX_PLAINTEXT_MESSAGE_BYTES - 64 * 1024;

/** A mail in the mailbox and its entry, which is "damaged" when it cannot be opened. */
export interface KnownMail {
  readonly index: number;
  readonly messageId: Bytes;
  /** ms since the epoch. */
  readonly arrived: number;
  /** Length of the sealed content, in bytes. */
  readonly contentLength: number;
  /** 0: no entry is written, because the mail is to be looked at again. */
  readonly revision: number;
  readonly entry: SealedEntry | "damaged";
}

/** A mail as it was changed. */
export interface ChangedMail extends KnownMail {
  /** Of the mailbox with this change. */
  readonly modseq: number;
}

/** An entry to be written in place of the one with that revision (0: none yet). */
export interface EntryWrite {
  readonly messageId: Bytes;
  readonly revision: number;
  readonly entry: SealedEntry;
}

/** Indices from `from` to below `to`. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** The next windows of a page each, downwards. */
function windowsBelow(to: number): Window[] {
  const windows: Window[] = [];
  for (let top = to; top > 1 && windows.length < PAGES_AT_ONCE; top -= MAX_LIST_PAGE) {
    windows.push({ from: Math.max(1, top - MAX_LIST_PAGE), to: top });
  }
  return windows;
}

/** @throws {ProtocolError} when the indexes do not go down from below `before`. */
function checkOrder(entries: readonly MailboxEntry[], before: number): void {
  let last = before;
  for (const { index } of entries) {
    if (index >= last) throw new ProtocolError("The server's list of mails is out of order.");
    last = index;
  }
}

function unique(messageIds: readonly Bytes[]): Bytes[] {
  return [...new Map(messageIds.map((id) => [toHex(id), id])).values()];
}

export class EntryBook {
  readonly #account: OpenAccount;
  readonly #sealer: EntrySealer;
  /** Those used last, the most recent at the end. */
  readonly #opened = new Map<string, { revision: number; entry: SealedEntry }>();

  constructor(account: OpenAccount) {
    const { user, realm, keys } = account;
    this.#account = account;
    this.#sealer = new EntrySealer(keys.bundleKey, { realm, user });
  }

  /**
   * A page of the mailbox, newest first, of the mails below `before`.
   *
   * @throws {ProtocolError} when what comes is not that: a loop over pages must come to an end.
   */
  async page(before: number | null, limit: number): Promise<MailboxEntry[]> {
    const { entries } = await this.#account.request(list, { before, limit });
    checkOrder(entries, before ?? Infinity);
    return entries;
  }

  /** The newest mails, and the number of changes that the mailbox has been through by then. */
  async newest(limit: number): Promise<{ modseq: number; entries: MailboxEntry[] }> {
    const { modseq, entries } = await this.#account.request(list, { before: null, limit });
    checkOrder(entries, Infinity);
    return { modseq, entries };
  }

  /**
   * The whole mailbox below `before`, newest first: several pages at once where mails lie close
   * together. What it costs depends on how many mails there are, not on their numbers.
   */
  async *allBelow(before: number): AsyncGenerator<MailboxEntry[]> {
    for (let to = before; to > 1;) {
      const windows = windowsBelow(to);
      const pages = await Promise.all(windows.map((window) => this.within(window)));
      yield pages.flat();
      to = windows.at(-1)!.from;
      if (pages.at(-1)!.length > 0 || to <= 1) continue;
      const page = await this.page(to, MAX_LIST_PAGE);
      if (page.length === 0) return;
      yield page;
      to = page.at(-1)!.index;
    }
  }

  /**
   * What has changed since then; null: that is not known any more.
   *
   * @throws {ProtocolError} when it does not go on: a loop over it must come to an end.
   */
  async changesSince(since: number): Promise<Omit<ChangesReply, "reset"> | null> {
    const { reset, ...changed } = await this.#account.request(changes, {
      since,
      limit: MAX_LIST_PAGE,
    });
    if (reset) return null;
    if (changed.next < since || (changed.more && changed.next === since)) {
      throw new ProtocolError("The server's changes of the mailbox do not go on.");
    }
    return changed;
  }

  /** The mails with an index from `from` to below `to`, newest first. */
  async within({ from, to }: Window): Promise<MailboxEntry[]> {
    const found: MailboxEntry[] = [];
    while (to > from) {
      const page = await this.page(to, Math.min(MAX_LIST_PAGE, to - from));
      found.push(...page.filter(({ index }) => index >= from));
      to = page.at(-1)?.index ?? from;
    }
    return found;
  }

  /** Particular mails; those that are not in the mailbox are left out. */
  async find(
    wanted: { indices?: readonly number[]; messageIds?: readonly Bytes[] },
  ): Promise<MailboxEntry[]> {
    let indices = [...new Set(wanted.indices ?? [])];
    let messageIds = unique(wanted.messageIds ?? []);
    const found: MailboxEntry[] = [];
    while (indices.length + messageIds.length > 0) {
      const { entries } = await this.#account.request(entriesMessage, {
        indices: indices.slice(0, MAX_LIST_PAGE),
        messageIds: messageIds.slice(0, MAX_LIST_PAGE),
      });
      if (entries.length === 0) {
        indices = indices.slice(MAX_LIST_PAGE);
        messageIds = messageIds.slice(MAX_LIST_PAGE);
        continue;
      }
      const before = indices.length + messageIds.length;
      const seenIndices = new Set(entries.map(({ index }) => index));
      const seenIds = new Set(entries.map(({ messageId }) => toHex(messageId)));
      indices = indices.filter((index) => !seenIndices.has(index));
      messageIds = messageIds.filter((id) => !seenIds.has(toHex(id)));
      if (before - indices.length - messageIds.length < entries.length) {
        throw new ProtocolError("The server sent entries that it was not asked for.");
      }
      found.push(...entries);
    }
    return found;
  }

  /** Opens a mail's entry; null when there is none yet. */
  open(found: MailboxEntry): KnownMail | null {
    const { sealed, ...mail } = found;
    if (sealed === null) return null;
    const id = toHex(found.messageId);
    const before = this.#opened.get(id);
    if (before?.revision === found.revision) return { ...mail, entry: before.entry };
    try {
      const entry = this.#sealer.open(found, sealed);
      this.#remember(found.messageId, { revision: found.revision, entry });
      return { ...mail, entry };
    } catch (error) {
      if (!(error instanceof DecryptionError || error instanceof FormatError)) throw error;
      return { ...mail, entry: "damaged" };
    }
  }

  /**
   * Writes entries. Returns, in their order, the modseq of the mailbox with each; 0 for those that
   * were overtaken, and not written.
   */
  async write(items: readonly EntryWrite[]): Promise<number[]> {
    const batches: Promise<number[]>[] = [];
    for (let i = 0; i < items.length;) {
      const sealed = this.#sealSome(items, i);
      batches.push(this.#put(items.slice(i, i + sealed.length), sealed));
      i += sealed.length;
    }
    // All have come to their end before one of them is told to have failed.
    await Promise.allSettled(batches);
    return (await Promise.all(batches)).flat();
  }

  async #put(
    batch: readonly EntryWrite[],
    sealed: PutEntryRequest["items"],
  ): Promise<number[]> {
    const { results } = await this.#account.request(putEntry, { items: sealed });
    return batch.map(({ messageId, revision, entry }, at) => {
      const result = results[at];
      if (result?.ok !== true) return 0;
      this.#remember(messageId, { revision: revision + 1, entry });
      return result.modseq;
    });
  }

  /** The sealed entry with which a mail is sent, in revision 1. */
  sealFirst(messageId: Bytes, entry: SealedEntry): Bytes {
    this.#remember(messageId, { revision: 1, entry });
    return this.#sealer.seal({ messageId, revision: 1 }, entry);
  }

  #remember(messageId: Bytes, opened: { revision: number; entry: SealedEntry }): void {
    const id = toHex(messageId);
    this.#opened.delete(id);
    this.#opened.set(id, opened);
    if (this.#opened.size <= MAX_OPENED) return;
    const [oldest] = this.#opened.keys();
    this.#opened.delete(oldest!);
  }

  /** As many of the items, from the one at `start` on, as go into one request. */
  #sealSome(items: readonly EntryWrite[], start: number): PutEntryRequest["items"] {
    const sealed: PutEntryRequest["items"] = [];
    let bytes = 0;
    for (const { messageId, revision, entry } of items.slice(start, start + MAX_PUT_ENTRIES)) {
      const item = this.#sealer.seal({ messageId, revision: revision + 1 }, entry);
      bytes += item.length;
      if (sealed.length > 0 && bytes > MAX_WRITE_BYTES) break;
      sealed.push({ messageId, revision, sealed: item });
    }
    return sealed;
  }

  /**
   * Changes entries that exist, again when another device was faster. Mails that are gone, that
   * have no entry yet, or whose entry is damaged, are left out.
   *
   * @param change Gives the new entry; the same object when there is nothing to change.
   * @returns Those that were changed, as they are now.
   */
  async change(
    mails: readonly KnownMail[],
    change: (entry: SealedEntry) => SealedEntry,
  ): Promise<ChangedMail[]> {
    const done: ChangedMail[] = [];
    let waiting = mails.filter(({ revision }) => revision > 0);
    for (let tries = 0; waiting.length > 0 && tries < MAX_TRIES; tries++) {
      const wanted = waiting.flatMap((mail) => {
        const changed = mail.entry === "damaged" ? mail.entry : change(mail.entry);
        return changed === mail.entry || changed === "damaged" ? [] : [{ mail, entry: changed }];
      });
      const writes = wanted.map(({ mail: { messageId, revision }, entry }) => (
        { messageId, revision, entry }
      ));
      const written = await this.write(writes);
      wanted.forEach(({ mail, entry }, i) => {
        const modseq = written[i]!;
        if (modseq > 0) done.push({ ...mail, entry, revision: mail.revision + 1, modseq });
      });
      const overtaken = writes.filter((_, i) => written[i] === 0).map(({ messageId }) => messageId);
      const there = overtaken.length === 0 ? [] : await this.find({ messageIds: overtaken });
      waiting = there.flatMap((found) => this.open(found) ?? []);
    }
    return done;
  }
}
