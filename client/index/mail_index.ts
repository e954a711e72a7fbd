/**
 * The mail index: a line for every mail of the mailbox, from which lists, queries, searches and
 * imports are made. Kept up with the server by its list of changes, in memory and, sealed, on disk.
 *
 * What must hold:
 * - A mail without an entry is looked at again at each `sync` (see mailbox_intake.ts); its line is
 *   never stored.
 * - An entry of an earlier revision than one that was seen never takes its place.
 * - What is on disk can only be older than the truth, never beside it: everything that has changed
 *   since is asked for (manifest.ts says why that is enough). What cannot be read is begun anew.
 */

import { type Bytes, fromHex } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { MAX_LIST_PAGE } from "../../protocol/limits.ts";
import type { MailboxEntry } from "../../protocol/messages/list.ts";
import type { EntryBook, KnownMail } from "../entry_book.ts";
import { type MailRow, rowOf } from "./mail_row.ts";
import { decodeManifest, encodeManifest, readStoredSegment, storedSegment } from "./manifest.ts";
import { Segment } from "./segment.ts";
import type { SegmentStore } from "./segment_store.ts";

const MANIFEST = "mails";

/** Looks at mails that have no entry yet, and opens the entries of the others. */
export interface TakesIn {
  takeIn(found: readonly MailboxEntry[]): Promise<KnownMail[]>;
}

export interface MailIndexParts {
  readonly book: EntryBook;
  readonly intake: TakesIn;
  /** Null: nothing is kept on disk. */
  readonly store: SegmentStore | null;
}

export class MailIndex {
  readonly #book: EntryBook;
  readonly #intake: TakesIn;
  readonly #store: SegmentStore | null;
  readonly #segments = new Map<number, Segment>();
  /** The modseq with which each segment is on disk. */
  readonly #stored = new Map<number, number>();
  readonly #dirty = new Set<number>();
  /** Indexes of mails without an entry. */
  readonly #unsettled = new Set<number>();
  readonly #listeners = new Set<(indexes: readonly number[]) => void>();
  #changed: number[] = [];
  /** Up to where the changes are known; null: nothing is. */
  #since: number | null = null;
  #storedSince: number | null = null;
  #loaded = false;
  #order: readonly number[] | null = null;
  #contents: Set<string> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ book, intake, store }: MailIndexParts) {
    this.#book = book;
    this.#intake = intake;
    this.#store = store;
  }

  /**
   * Asks for what has changed, looks at new mails, and tells the listeners. One call works at a time.
   *
   * @throws {ConnectError} {ServerError} {ProtocolError} {TrustError}
   */
  sync(): Promise<void> {
    const turn = this.#last.then(() => this.#sync());
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  get size(): number {
    let size = 0;
    for (const segment of this.#segments.values()) size += segment.count;
    return size;
  }

  row(index: number): MailRow | undefined {
    return this.#segments.get(Segment.of(index))?.row(index);
  }

  /** @param id Message id: 32 hexadecimal digits. */
  byId(id: string): MailRow | undefined {
    const index = this.indexOf(id);
    return index === undefined ? undefined : this.row(index);
  }

  /** @param id Message id: 32 hexadecimal digits. */
  indexOf(id: string): number | undefined {
    const messageId: Bytes = fromHex(id);
    for (const segment of this.#segments.values()) {
      const index = segment.find(messageId);
      if (index !== undefined) return index;
    }
    return undefined;
  }

  /** The greatest index there is, 0 without any. */
  get lastIndex(): number {
    const number = Math.max(-1, ...this.#segments.keys());
    let last = 0;
    for (const index of this.#segments.get(number)?.indexes() ?? []) last = index;
    return last;
  }

  /** All indexes, the newest mail (by `when`) first. */
  indexes(): readonly number[] {
    return this.#order ??= this.#inOrder();
  }

  when(index: number): number {
    return this.#segments.get(Segment.of(index))?.when(index) ?? 0;
  }

  /** Whether a mail with this content is there: see MailRow.contentHash. */
  hasContent(contentHash: string): boolean {
    this.#contents ??= new Set(this.#contentHashes());
    return this.#contents.has(contentHash);
  }

  /**
   * Tells of mails that are new, have changed or are gone, after each `sync` that has found any.
   *
   * @returns A function that ends the telling.
   */
  onChange(listener: (indexes: readonly number[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores what has changed since it was stored last. */
  async save(): Promise<void> {
    if (this.#store === null || this.#since === null || this.#since === this.#storedSince) return;
    const modseq = this.#since;
    for (const number of this.#dirty) {
      const segment = this.#segments.get(number);
      if (segment === undefined) continue;
      await this.#store.write(nameOf(number), storedSegment(modseq, this.#lasting(segment)));
      this.#stored.set(number, modseq);
    }
    this.#dirty.clear();
    const segments = new Map([...this.#stored].filter(([number]) => this.#segments.has(number)));
    const unsettled = [...this.#unsettled];
    await this.#store.write(MANIFEST, encodeManifest({ modseq, segments, unsettled }));
    this.#storedSince = modseq;
  }

  async #sync(): Promise<void> {
    if (!this.#loaded) await this.#load();
    this.#loaded = true;
    this.#changed = [];
    try {
      if (this.#since === null || !await this.#catchUp(this.#since)) await this.#beginAnew();
    } finally {
      const changed = this.#changed;
      if (changed.length > 0) { for (const listener of this.#listeners) listener(changed); }
    }
  }

  /** False when it is not known what has changed. */
  async #catchUp(since: number): Promise<boolean> {
    for (let at = since, more = true; more;) {
      const changed = await this.#book.changesSince(at);
      if (changed === null) return false;
      ({ next: at, more } = changed);
      await this.#put(changed.entries.filter((entry) => this.#isNews(entry)));
      this.#noteUnsettled(changed.entries);
      for (const index of changed.removed) this.#remove(index);
      this.#since = at;
    }
    await this.#settle();
    return true;
  }

  async #beginAnew(): Promise<void> {
    const before = new Set(this.#segments.size === 0 ? [] : this.indexes());
    const seen = new Set<number>();
    const take = async (entries: readonly MailboxEntry[]) => {
      for (const { index } of entries) seen.add(index);
      this.#noteUnsettled(entries);
      await this.#put(entries.filter((entry) => this.#isNews(entry)));
    };
    const { modseq, entries } = await this.#book.newest(MAX_LIST_PAGE);
    await take(entries);
    const oldest = entries.at(-1)?.index;
    if (oldest !== undefined) {
      for await (const page of this.#book.allBelow(oldest)) await take(page);
    }
    for (const index of before) if (!seen.has(index)) this.#remove(index);
    for (const index of this.#unsettled) if (!seen.has(index)) this.#unsettled.delete(index);
    this.#since = modseq;
    await this.#settle();
  }

  /** Remembers which mails have no entry: cut off anywhere, they are looked at the next time. */
  #noteUnsettled(entries: readonly MailboxEntry[]): void {
    for (const { index, sealed } of entries) if (sealed === null) this.#unsettled.add(index);
  }

  /** Looks at mails that have no entry: new ones, and once more those that could not be settled. */
  async #settle(): Promise<void> {
    if (this.#unsettled.size === 0) return;
    const indices = [...this.#unsettled];
    const found = await this.#book.find({ indices });
    const isThere = new Set(found.map(({ index }) => index));
    for (const index of indices) if (!isThere.has(index)) this.#remove(index);
    await this.#put(found);
  }

  async #put(entries: readonly MailboxEntry[]): Promise<void> {
    if (entries.length === 0) return;
    for (const mail of await this.#intake.takeIn(entries)) this.#set(mail);
  }

  /** Whether an entry is another one than the line was made of. */
  #isNews({ index, revision, sealed }: MailboxEntry): boolean {
    if (sealed === null) return false;
    const segment = this.#segments.get(Segment.of(index));
    return segment === undefined || !segment.has(index) || segment.revision(index) < revision;
  }

  #set(mail: KnownMail): void {
    const { index, revision } = mail;
    const number = Segment.of(index);
    const segment = this.#segments.get(number) ?? Segment.empty(number);
    this.#segments.set(number, segment);
    if (segment.has(index) && segment.revision(index) > revision) return;
    const row = rowOf(mail);
    if (!segment.has(index) || segment.when(index) !== row.when) this.#order = null;
    segment.set(row);
    this.#contents?.add(row.contentHash);
    if (revision === 0) this.#unsettled.add(index);
    else {
      this.#unsettled.delete(index);
      this.#dirty.add(number);
    }
    this.#changed.push(index);
  }

  #remove(index: number): void {
    this.#unsettled.delete(index);
    const number = Segment.of(index);
    if (!this.#segments.get(number)?.delete(index)) return;
    this.#dirty.add(number);
    this.#order = null;
    this.#contents = null;
    this.#changed.push(index);
  }

  #inOrder(): number[] {
    const all: number[] = [];
    const numbers = [...this.#segments.keys()].sort((a, b) => b - a);
    for (const number of numbers) all.push(...[...this.#segments.get(number)!.indexes()].reverse());
    // Not an array by index: a server may make indexes as large as it likes.
    const when = new Map(all.map((index) => [index, this.when(index)]));
    return all.sort((a, b) => when.get(b)! - when.get(a)! || b - a);
  }

  *#contentHashes(): Generator<string> {
    for (const segment of this.#segments.values()) {
      for (const index of segment.indexes()) yield segment.contentHashOf(index);
    }
  }

  /** A segment without the lines of mails that have no entry. */
  #lasting(segment: Segment): Bytes {
    const unsettled = [...this.#unsettled].filter((index) => Segment.of(index) === segment.number);
    const rows = unsettled.flatMap((index) => segment.row(index) ?? []);
    for (const { index } of rows) segment.delete(index);
    const bytes = segment.encode();
    for (const row of rows) segment.set(row);
    return bytes;
  }

  async #load(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#segments.clear();
      this.#stored.clear();
      this.#unsettled.clear();
      this.#since = null;
    }
  }

  /** @throws {FormatError} when what is there cannot be read: it is of another release. */
  async #read(): Promise<void> {
    const bytes = await this.#store?.read(MANIFEST) ?? null;
    if (bytes === null) return;
    const { modseq, segments, unsettled } = decodeManifest(bytes);
    let since = modseq;
    await Promise.all([...segments].map(async ([number, written]) => {
      const stored = await this.#store!.read(nameOf(number));
      if (stored === null) throw new FormatError("A part of the mail index is not there.");
      const part = readStoredSegment(stored);
      this.#segments.set(number, Segment.decode(number, part.segment));
      this.#stored.set(number, part.modseq);
      if (part.modseq !== written) since = Math.min(since, part.modseq);
    }));
    for (const index of unsettled) this.#unsettled.add(index);
    this.#since = this.#storedSince = since;
  }
}

function nameOf(number: number): string {
  return `${MANIFEST}/${number}`;
}
