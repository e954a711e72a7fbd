/**
 * The entries of this user's mailbox as the server keeps them: what each mail is, sealed by this
 * user's devices, replaced by compare-and-set. Opened entries are kept in memory.
 */

import { toHex } from "../crypto/bytes.ts";
import type { Bytes } from "../crypto/bytes.ts";
import { DecryptionError, FormatError } from "../crypto/errors.ts";
import type { SealedEntry } from "../crypto/entry_fields.ts";
import { EntrySealer } from "../crypto/sealed_entry.ts";
import { MAX_LIST_PAGE, MAX_PUT_ENTRIES } from "../protocol/limits.ts";
import { entries as entriesMessage } from "../protocol/messages/entries.ts";
import { list } from "../protocol/messages/list.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import { putEntry } from "../protocol/messages/put_entry.ts";
import type { OpenAccount } from "./account.ts";

/** How often in a row another device may be faster. */
const MAX_TRIES = 20;
/** Pages fetched at once when all are wanted. */
const PAGES_AT_ONCE = 8;

/** A mail in the mailbox and its entry, which is "damaged" when it cannot be opened. */
export interface KnownMail {
  readonly index: number;
  readonly messageId: Bytes;
  /** ms since the epoch. */
  readonly arrived: number;
  /** Length of the sealed content, in bytes. */
  readonly contentLength: number;
  readonly revision: number;
  readonly entry: SealedEntry | "damaged";
}

/** An entry to be written in place of the one with that revision (0: none yet). */
export interface EntryWrite {
  readonly messageId: Bytes;
  readonly revision: number;
  readonly entry: SealedEntry;
}

export class EntryBook {
  readonly #account: OpenAccount;
  readonly #sealer: EntrySealer;
  readonly #opened = new Map<string, { revision: number; entry: SealedEntry }>();

  constructor(account: OpenAccount) {
    const { user, realm, keys } = account;
    this.#account = account;
    this.#sealer = new EntrySealer(keys.bundleKey, { realm, user });
  }

  /** A page of the mailbox, newest first, of the mails below `before`. */
  async page(before: number | null, limit: number): Promise<MailboxEntry[]> {
    const { entries } = await this.#account.request(list, { before, limit });
    return entries;
  }

  /** The whole mailbox below `before`, newest first. */
  async allBelow(before: number): Promise<MailboxEntry[]> {
    const windows: { from: number; to: number }[] = [];
    for (let to = before; to > 1; to -= MAX_LIST_PAGE) {
      windows.push({ from: Math.max(1, to - MAX_LIST_PAGE), to });
    }
    const found: MailboxEntry[] = [];
    for (let i = 0; i < windows.length; i += PAGES_AT_ONCE) {
      const group = windows.slice(i, i + PAGES_AT_ONCE);
      found.push(...(await Promise.all(group.map((window) => this.#window(window)))).flat());
    }
    return found;
  }

  /** The mails with an index from `from` to below `to`, newest first. */
  async #window({ from, to }: { from: number; to: number }): Promise<MailboxEntry[]> {
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
    let indices = [...wanted.indices ?? []];
    let messageIds = [...wanted.messageIds ?? []];
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
      found.push(...entries);
      const seenIndices = new Set(entries.map(({ index }) => index));
      const seenIds = new Set(entries.map(({ messageId }) => toHex(messageId)));
      indices = indices.filter((index) => !seenIndices.has(index));
      messageIds = messageIds.filter((id) => !seenIds.has(toHex(id)));
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
      this.#opened.set(id, { revision: found.revision, entry });
      return { ...mail, entry };
    } catch (error) {
      if (!(error instanceof DecryptionError || error instanceof FormatError)) throw error;
      return { ...mail, entry: "damaged" };
    }
  }

  /** Writes entries. Returns, in their order, which were written: the others were overtaken. */
  async write(items: readonly EntryWrite[]): Promise<boolean[]> {
    const written: boolean[] = [];
    for (let i = 0; i < items.length; i += MAX_PUT_ENTRIES) {
      const batch = items.slice(i, i + MAX_PUT_ENTRIES);
      const sealed = batch.map(({ messageId, revision, entry }) => ({
        messageId,
        revision,
        sealed: this.#sealer.seal({ messageId, revision: revision + 1 }, entry),
      }));
      const { results } = await this.#account.request(putEntry, { items: sealed });
      batch.forEach(({ messageId, revision, entry }, at) => {
        const ok = results[at]?.ok === true;
        if (ok) this.#opened.set(toHex(messageId), { revision: revision + 1, entry });
        written.push(ok);
      });
    }
    return written;
  }

  /**
   * Changes entries that exist, again when another device was faster. Mails that are gone, or
   * whose entry is damaged, are left out.
   *
   * @param change Gives the new entry; the same object when there is nothing to change.
   */
  async change(
    mails: readonly KnownMail[],
    change: (entry: SealedEntry) => SealedEntry,
  ): Promise<void> {
    let waiting = [...mails];
    for (let tries = 0; waiting.length > 0 && tries < MAX_TRIES; tries++) {
      const writes = waiting.flatMap(({ messageId, revision, entry }) => {
        const changed = entry === "damaged" ? entry : change(entry);
        return changed === entry || changed === "damaged"
          ? []
          : [{ messageId, revision, entry: changed }];
      });
      const written = await this.write(writes);
      const overtaken = writes.filter((_, i) => !written[i]).map(({ messageId }) => messageId);
      const there = overtaken.length === 0 ? [] : await this.find({ messageIds: overtaken });
      waiting = there.flatMap((found) => this.open(found) ?? []);
    }
  }
}
