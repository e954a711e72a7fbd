/** What a user sees of her own mailbox and state, in memory. */

import type { Bytes } from "../../crypto/bytes.ts";
import * as check from "../arguments.ts";
import { withinBytes } from "../budget.ts";
import type {
  Changes,
  ChangesWanted,
  ContentRange,
  Entry,
  EntryChange,
  EntryChangeResult,
  EntryPage,
  MailboxStore,
  MailParts,
  Page,
  SealedState,
  WantedEntries,
} from "../mailbox_store.ts";
import { copyOf, type MemoryEntry, type Sync, type Tables } from "./tables.ts";

/** Removals in one answer. */
const MAX_REMOVED = 1000;

/** The functions behind MailboxStore; synchronous, so each is one step. */
export class MemoryMailboxes implements Sync<MailboxStore> {
  constructor(readonly tables: Tables, readonly maxRemovals: number) {}

  listEntries(tag: Bytes, page: Page): EntryPage {
    check.checkPage(tag, page);
    const all = this.#newestFirst(tag);
    const below = all.filter(([index]) => index < (page.before ?? Infinity));
    const entries = below.slice(0, page.limit).map((line) => this.#entry(line));
    const modseq = this.tables.account(tag)?.modseq ?? 0;
    const fitting = [...withinBytes(entries, sealedBytes, page.maxBytes)];
    return { total: all.length, modseq, entries: fitting };
  }

  listChanges(tag: Bytes, wanted: ChangesWanted): Changes {
    check.checkChangesWanted(tag, wanted);
    const { since, limit, maxBytes } = wanted;
    const account = this.tables.account(tag);
    const { modseq = 0, forgotten = 0, removals = [] } = account ?? {};
    if (since < forgotten || since > modseq) {
      return { reset: true, next: modseq, more: false, entries: [], removed: [] };
    }
    const changed = [...account?.entries ?? []]
      .filter(([, entry]) => entry.modseq > since)
      .sort(([, a], [, b]) => a.modseq - b.modseq);
    const page = changed.slice(0, limit);
    const entries = [
      ...withinBytes(page.map((line) => this.#entry(line)), sealedBytes, maxBytes),
    ];
    const entriesTo = entries.length < changed.length
      ? changed[entries.length - 1]?.[1].modseq ?? since
      : modseq;
    const gone = removals.filter((removal) =>
      removal.modseq > since && removal.modseq <= entriesTo
    );
    const next = gone.length < MAX_REMOVED ? entriesTo : gone[MAX_REMOVED - 1]!.modseq;
    return {
      ...{ reset: false, next, more: next < modseq },
      entries: entries.filter((_, i) => changed[i]![1].modseq <= next),
      removed: gone.slice(0, MAX_REMOVED).map(({ index }) => index),
    };
  }

  findEntries(tag: Bytes, wanted: WantedEntries): Entry[] {
    check.checkTags([tag]);
    for (const index of wanted.indices) check.checkCount("an index", index);
    check.checkMessageIds(wanted.messageIds);
    const all = this.#newestFirst(tag);
    const asked = new Set([
      ...wanted.indices.map((number) => all.find(([index]) => index === number)),
      ...wanted.messageIds.map((id) => all.find(([, entry]) => entry.messageId === id.toHex())),
    ]);
    const entries = [...asked].flatMap((line) => line === undefined ? [] : [this.#entry(line)]);
    const found = [...withinBytes(entries, sealedBytes, wanted.maxBytes)];
    return found.sort((a, b) => b.index - a.index);
  }

  mailParts(
    tag: Bytes,
    messageIds: readonly Bytes[],
    { maxBytes }: { maxBytes?: number } = {},
  ): MailParts[] {
    check.checkTags([tag]);
    check.checkMessageIds(messageIds);
    const present = check.distinct(messageIds).filter((id) => this.tables.findEntry(tag, id));
    const parts = present.map((id) => {
      const { header, summary } = this.tables.messages.get(id.toHex())!;
      return { messageId: id.slice(), header: header.slice(), summary: summary.slice() };
    });
    return [
      ...withinBytes(parts, ({ header, summary }) => header.length + summary.length, maxBytes),
    ];
  }

  readContent(tag: Bytes, range: ContentRange): { data: Bytes; total: number } | null {
    check.checkRange(tag, range);
    if (this.tables.findEntry(tag, range.messageId) === undefined) return null;
    const { content } = this.tables.messages.get(range.messageId.toHex())!;
    const data = content.slice(range.offset, range.offset + range.length);
    return { data, total: content.length };
  }

  putEntries(tag: Bytes, items: readonly EntryChange[]): EntryChangeResult[] {
    check.checkChanges(tag, items);
    return items.map(({ messageId, revision, sealed }) => {
      const entry = this.tables.findEntry(tag, messageId)?.[1];
      const ok = entry?.revision === revision;
      if (ok) {
        entry.revision++;
        entry.sealed = sealed.slice();
        entry.modseq = ++this.tables.account(tag)!.modseq;
      }
      const modseq = ok ? entry.modseq : 0;
      return { messageId: messageId.slice(), revision: entry?.revision ?? 0, ok, modseq };
    });
  }

  removeEntries(tag: Bytes, messageIds: readonly Bytes[]): number {
    check.checkTags([tag]);
    check.checkMessageIds(messageIds);
    let removed = 0;
    for (const id of messageIds) {
      const found = this.tables.findEntry(tag, id);
      if (found === undefined) continue;
      const account = this.tables.account(tag)!;
      account.entries.delete(found[0]);
      account.removals.push({ modseq: ++account.modseq, index: found[0] });
      const forgotten = account.removals.splice(
        0,
        Math.max(0, account.removals.length - this.maxRemovals),
      );
      account.forgotten = forgotten.at(-1)?.modseq ?? account.forgotten;
      this.tables.removeUnreferenced(id.toHex());
      removed++;
    }
    return removed;
  }

  state(tag: Bytes): SealedState {
    check.checkTags([tag]);
    const { revision, sealed } = this.tables.account(tag)?.state ?? { revision: 0, sealed: null };
    return { revision, sealed: copyOf(sealed) };
  }

  saveState(tag: Bytes, revision: number, sealed: Bytes): number | null {
    check.checkTags([tag]);
    check.checkCount("a revision", revision);
    const account = this.tables.account(tag);
    if (account?.state.revision !== revision) return null;
    account.state = { revision: revision + 1, sealed: sealed.slice() };
    return revision + 1;
  }

  #newestFirst(tag: Bytes): [number, MemoryEntry][] {
    return [...this.tables.account(tag)?.entries ?? []].reverse();
  }

  #entry([index, { messageId: id, revision, sealed }]: [number, MemoryEntry]): Entry {
    const { messageId, meta, content } = this.tables.messages.get(id)!;
    return {
      index,
      messageId: messageId.slice(),
      meta: meta.slice(),
      contentLength: content.length,
      revision,
      sealed: copyOf(sealed),
    };
  }
}

function sealedBytes({ sealed }: Entry): number {
  return sealed?.length ?? 0;
}
