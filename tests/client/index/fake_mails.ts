/** A mailbox whose mails are made up, for tests of the mail index. */

import { type AcceptedEntry, marksIn } from "../../../crypto/entry_fields.ts";
import { type Bytes, toHex } from "../../../crypto/bytes.ts";
import type { ChangedMail, KnownMail } from "../../../client/entry_book.ts";
import { type IndexedMails, MailIndex, type TakesIn } from "../../../client/index/mail_index.ts";
import type { MailboxEntry } from "../../../protocol/messages/list.ts";
import { FakeStore } from "../search/doubles.ts";

export interface MadeUp {
  readonly title?: string;
  /** Of a mail that is imported; else what lists sort by is the arrival. */
  readonly date?: number;
  readonly flags?: readonly string[];
  readonly folder?: string;
  readonly from?: string;
}

interface Stored {
  readonly index: number;
  readonly messageId: Bytes;
  readonly arrived: number;
  revision: number;
  mail: MadeUp;
  modseq: number;
  isSettled: boolean;
}

export function idOf(index: number): Bytes {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, Math.imul(index, 0x9e3779b1) >>> 0);
  new DataView(id.buffer).setUint32(12, index);
  return id;
}

export function entryOf({ title = "", date, flags = [], folder = "inbox", from = "bob" }: MadeUp) {
  const [key, hash] = [new Uint8Array(32), new Uint8Array(64)];
  const isImport = date !== undefined;
  return {
    ...{ rejected: null, kind: isImport ? "import" : "mail", contentKey: key, headerSha512: hash },
    origin: isImport ? { from, to: [], cc: [], bcc: [], messageId: null } : null,
    ...{ from, fromFingerprint: key, to: ["alice"], cc: [], date: date ?? 0, subject: title },
    ...{ preview: "", inReplyTo: null, references: [], attachments: [], size: title.length },
    ...{ contentLength: 1, contentSha512: hash, warnings: [] },
    ...marksIn(folder, flags),
  } satisfies AcceptedEntry as AcceptedEntry;
}

export class FakeMails implements IndexedMails, TakesIn {
  readonly mails = new Map<number, Stored>();
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  /** The changes are not known any more. */
  hasForgotten = false;
  /** Mails that cannot be settled when they are looked at. */
  readonly unknown = new Set<number>();
  #removals: { modseq: number; index: number }[] = [];
  #modseq = 0;
  #last = 0;

  /** Puts mails in; returns the last index. */
  add(...mails: MadeUp[]): number {
    for (const mail of mails) {
      const index = ++this.#last;
      const place = { index, messageId: idOf(index), arrived: 1e12 + 1000 * index };
      const stored = { ...place, revision: 1, mail, modseq: ++this.#modseq, isSettled: true };
      this.mails.set(index, stored);
    }
    return this.#last;
  }

  /** Puts one in at an index of the server's choice. */
  addAt(index: number, mail: MadeUp): void {
    this.#last = index - 1;
    this.add(mail);
  }

  /** Puts one in that nobody has looked at. */
  addUnsettled(mail: MadeUp): number {
    const index = this.add(mail);
    Object.assign(this.mails.get(index)!, { isSettled: false, revision: 0 });
    return index;
  }

  /** Changes a mail; returns it as the device that has changed it knows it. */
  change(index: number, mail: MadeUp): ChangedMail {
    const stored = this.mails.get(index)!;
    Object.assign(stored, { mail, revision: stored.revision + 1, modseq: ++this.#modseq });
    const { sealed: _, ...place } = placeOf(stored);
    return { ...place, entry: entryOf(mail), modseq: stored.modseq };
  }

  remove(index: number): void {
    this.mails.delete(index);
    this.#removals.push({ index, modseq: ++this.#modseq });
  }

  newest(limit: number) {
    this.asked.push("newest");
    return Promise.resolve({
      modseq: this.#modseq,
      entries: this.#below(Infinity).slice(0, limit),
    });
  }

  async *allBelow(before: number) {
    this.asked.push("all");
    yield await Promise.resolve(this.#below(before));
  }

  within({ from, to }: { from: number; to: number }) {
    this.asked.push(`within ${from}`);
    return Promise.resolve(this.#below(to).filter(({ index }) => index >= from));
  }

  changesSince(since: number) {
    this.asked.push("changes");
    if (this.hasForgotten || since > this.#modseq) return Promise.resolve(null);
    const changed = [...this.mails.values()].filter(({ modseq }) => modseq > since);
    const removed = this.#removals.filter(({ modseq }) => modseq > since);
    return Promise.resolve({
      ...{ next: this.#modseq, more: false, entries: changed.map(placeOf) },
      removed: removed.map(({ index }) => index),
    });
  }

  find({ indices = [] }: { indices?: readonly number[] }) {
    this.asked.push("find");
    return Promise.resolve(indices.flatMap((index) => {
      const stored = this.mails.get(index);
      return stored === undefined ? [] : [placeOf(stored)];
    }));
  }

  takeIn(found: readonly MailboxEntry[]): Promise<KnownMail[]> {
    return Promise.resolve(found.map(({ sealed: _, ...place }) => {
      const stored = this.mails.get(place.index)!;
      if (!stored.isSettled && !this.unknown.has(place.index)) {
        Object.assign(stored, { isSettled: true, revision: 1, modseq: ++this.#modseq });
      }
      return { ...place, revision: stored.revision, entry: entryOf(stored.mail) };
    }));
  }

  #below(before: number): MailboxEntry[] {
    const below = [...this.mails.values()].filter(({ index }) => index < before);
    return below.sort((a, b) => b.index - a.index).map(placeOf);
  }
}

function placeOf({ index, messageId, arrived, revision, isSettled }: Stored): MailboxEntry {
  const sealed = isSettled ? new Uint8Array(1) : null;
  return { index, messageId, arrived, contentLength: 1, revision, sealed };
}

/** An index of the mails on one device; the server's store is that of all. */
export function indexOf(
  mails: FakeMails,
  { disk = new FakeStore(), server = new FakeStore() }: { disk?: FakeStore; server?: FakeStore } =
    {},
): MailIndex {
  return new MailIndex({ book: mails, intake: mails, places: { disk, server } });
}

/** All lines, the newest mail first, as far as they are told apart here. */
export function linesOf(index: MailIndex): string[] {
  return index.indexes().map((number) => {
    const { id, title, flags, folder, revision } = index.row(number)!;
    return [number, id, title, flags.join(), folder, revision].join(" ");
  });
}

/** What `linesOf` should give. */
export function expectedLines({ mails }: FakeMails): string[] {
  const when = ({ mail: { date }, arrived }: Stored) => date ?? arrived;
  const sorted = [...mails.values()].sort((a, b) => when(b) - when(a) || b.index - a.index);
  return sorted.map(({ index, messageId, mail, revision }) => {
    const { title = "", flags = [], folder = "inbox" } = mail;
    return [index, toHex(messageId), title, flags.join(), folder, revision].join(" ");
  });
}
