/**
 * The mail index: a line for every mail of the mailbox, from which lists, queries, searches and
 * imports are made. Kept up with the server by its list of changes; sealed on this disk, and on the
 * server for the user's other devices. Its segments are read when they are needed, so that the first
 * page of a list is there before the rest.
 *
 * What must hold:
 * - A mail without an entry is looked at again at each `catchUp` (see mailbox_intake.ts); its line is
 *   never stored.
 * - An entry of an earlier revision than one that was seen never takes its place.
 * - Whether a mail has come before, under another index, is decided with all segments at hand.
 * - What is stored can only be older than the truth, never beside it: everything that has changed
 *   since is asked for (manifest.ts says why that is enough). What cannot be read is made anew.
 */

import { type Bytes, fromHex } from "../../crypto/bytes.ts";
import { MAX_LIST_PAGE } from "../../protocol/limits.ts";
import type { MailboxEntry } from "../../protocol/messages/list.ts";
import type { ChangedMail, EntryBook, KnownMail } from "../entry_book.ts";
import { type MailRow, rowOf } from "./mail_row.ts";
import { Segment, SEGMENT_MAILS } from "./segment.ts";
import { type SegmentPlaces, Segments } from "./segments.ts";

/** Looks at mails that have no entry yet, and opens the entries of the others. */
export interface TakesIn {
  takeIn(found: readonly MailboxEntry[]): Promise<KnownMail[]>;
}

/** The mails as the server has them. */
export type IndexedMails = Pick<
  EntryBook,
  "newest" | "allBelow" | "within" | "changesSince" | "find"
>;

export interface MailIndexParts {
  readonly book: IndexedMails;
  readonly intake: TakesIn;
  readonly places: SegmentPlaces;
}

export class MailIndex {
  readonly #book: IndexedMails;
  readonly #intake: TakesIn;
  readonly #segments: Segments;
  /** Indexes of mails without an entry. */
  readonly #unsettled = new Set<number>();
  readonly #listeners = new Set<(indexes: readonly number[]) => void>();
  #changed: number[] = [];
  /** Up to where the changes are known; null: nothing is. */
  #since: number | null = null;
  #isOpen = false;
  #order: readonly number[] | null = null;
  #contents: Set<string> | null = null;
  #lastSync: Promise<unknown> = Promise.resolve();
  #lastLoad: Promise<unknown> = Promise.resolve();

  constructor({ book, intake, places }: MailIndexParts) {
    this.#book = book;
    this.#intake = intake;
    this.#segments = new Segments(places);
  }

  /**
   * Asks for what has changed, looks at new mails, tells the listeners, and reads all segments.
   *
   * @throws {ConnectError} {ServerError} {ProtocolError} {TrustError}
   */
  async sync(): Promise<void> {
    await this.catchUp();
    await this.load();
  }

  /** As `sync`, but reads only what has changed, and the last segment. One call works at a time. */
  catchUp(): Promise<void> {
    const turn = this.#lastSync.then(() => this.#sync());
    this.#lastSync = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Takes over what this device has just changed, and asks for nothing when nothing else has changed
   * meanwhile; otherwise as `catchUp`.
   */
  changed(mails: readonly ChangedMail[]): Promise<void> {
    const turn = this.#lastSync.then(() => this.#takeOver(mails));
    this.#lastSync = turn.catch(() => undefined);
    return turn;
  }

  /** Reads the segments of these mails, all unless told. Throws as `sync`. */
  load(indexes?: Iterable<number>): Promise<void> {
    const numbers = indexes === undefined ? undefined : new Set([...indexes].map(Segment.of));
    return this.#loadSegments(() => numbers ?? this.#segments.numbers());
  }

  /** Which mails there are: from an index on, a bit for each, the lowest index and bit first. */
  *there(): Generator<readonly [first: number, mails: Bytes]> {
    for (const number of this.#segments.numbers()) {
      yield [number * SEGMENT_MAILS + 1, this.#segments.mails(number)];
    }
  }

  /** The line of a mail, if its segment has been read. */
  row(index: number): MailRow | undefined {
    return this.#segments.get(Segment.of(index))?.row(index);
  }

  /** Among what has been read. @param id Message id: 32 hexadecimal digits. */
  byId(id: string): MailRow | undefined {
    const index = this.#find(id);
    return index === undefined ? undefined : this.row(index);
  }

  /**
   * The index under which a mail has come first, among what has been read.
   *
   * @param id Message id: 32 hexadecimal digits.
   * @param index Where the mail is: that counts, if it was the first when it was looked at there.
   */
  firstIndex(id: string, index: number): number | undefined {
    const row = this.row(index);
    return row?.id === id && !row.repeated ? index : this.#find(id);
  }

  /** The greatest index there is, 0 without any. */
  get lastIndex(): number {
    return this.#segments.get(this.#lastNumber())?.indexes().at(-1) ?? 0;
  }

  /** All indexes, the newest mail (by `when`) first; after `sync`. */
  indexes(): readonly number[] {
    this.#assertRead();
    return this.#order ??= this.#inOrder(this.#segments.numbers());
  }

  /** Indexes in the same order, piece by piece: reads no more segments than it takes. */
  async *newestFirst(): AsyncGenerator<readonly number[]> {
    const numbers = this.#segments.numbers();
    numbers.sort((a, b) => this.#segments.newest(b) - this.#segments.newest(a));
    let waiting: number[] = [];
    for (let done = 0, some = 1; done < numbers.length; done += some, some *= 2) {
      const next = numbers.slice(done, done + some);
      await this.#loadSegments(() => next);
      // None of those that are not read yet has a newer one.
      const [following] = numbers.slice(done + some, done + some + 1);
      const bound = following === undefined ? -Infinity : this.#segments.newest(following);
      const sorted = this.#inOrder(next, waiting);
      const late = sorted.findIndex((index) => this.#when(index) <= bound);
      const end = late < 0 ? sorted.length : late;
      waiting = sorted.slice(end);
      yield sorted.slice(0, end);
    }
    yield waiting;
  }

  /** Indexes above this one, ascending; their segments are read. */
  async above(index: number): Promise<number[]> {
    const numbers = this.#segments.numbers().filter((number) => number >= Segment.of(index + 1));
    await this.#loadSegments(() => numbers);
    return numbers.flatMap((number) => this.#segments.get(number)?.indexes() ?? [])
      .filter((each) => each > index).sort((a, b) => a - b);
  }

  /** Whether a mail with this content is there: see MailRow.contentHash; after `sync`. */
  hasContent(contentHash: string): boolean {
    this.#assertRead();
    this.#contents ??= new Set(this.#contentHashes());
    return this.#contents.has(contentHash);
  }

  /**
   * Tells of mails that are new, have changed or are gone, after each `catchUp` that has found any.
   *
   * @returns A function that ends the telling.
   */
  onChange(listener: (indexes: readonly number[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores what has changed since it was stored last. */
  async save(): Promise<void> {
    if (this.#since === null) return;
    await this.#segments.save({ modseq: this.#since, unsettled: [...this.#unsettled] });
  }

  /** Gives the server, for the user's other devices, what they would have to make anew; after `save`. */
  async share(): Promise<void> {
    await this.#segments.share();
  }

  async #sync(): Promise<void> {
    if (!this.#isOpen) await this.#open();
    this.#changed = [];
    try {
      if (this.#since === null || !await this.#catchUp(this.#since)) await this.#beginAnew();
      await this.#loadSegments(() => [this.#lastNumber()]);
    } finally {
      this.#tell();
    }
  }

  async #takeOver(mails: readonly ChangedMail[]): Promise<void> {
    const since = this.#since;
    const sorted = mails.toSorted((a, b) => a.modseq - b.modseq);
    if (since === null || !sorted.every(({ modseq }, i) => modseq === since + 1 + i)) {
      return await this.#sync();
    }
    await this.load(sorted.map(({ index }) => index));
    this.#changed = [];
    for (const mail of sorted) this.#set(mail);
    this.#since = since + sorted.length;
    this.#tell();
  }

  #tell(): void {
    const changed = this.#changed;
    if (changed.length > 0) { for (const listener of this.#listeners) listener(changed); }
  }

  async #open(): Promise<void> {
    const found = await this.#segments.open();
    this.#isOpen = true;
    if (found === null) return;
    for (const index of found.unsettled) this.#unsettled.add(index);
    this.#since = found.modseq;
  }

  /** False when it is not known what has changed. */
  async #catchUp(since: number): Promise<boolean> {
    for (let at = since, more = true; more;) {
      const changed = await this.#book.changesSince(at);
      if (changed === null) return false;
      ({ next: at, more } = changed);
      await this.load([...changed.entries.map(({ index }) => index), ...changed.removed]);
      await this.#put(changed.entries.filter((entry) => this.#isNews(entry)));
      this.#noteUnsettled(changed.entries);
      for (const index of changed.removed) this.#remove(index);
      this.#since = at;
    }
    await this.#settle();
    return true;
  }

  /** Asks for all mails there are. */
  async #beginAnew(): Promise<void> {
    this.#segments.forget(await this.#segments.read(this.#segments.numbers()));
    const before = new Set(this.#order ?? this.#inOrder(this.#segments.numbers()));
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

  /** One call works at a time. @param numbers Which, once it is this call's turn. */
  #loadSegments(numbers: () => Iterable<number>): Promise<void> {
    const turn = this.#lastLoad.then(() => this.#loadNow(numbers()));
    this.#lastLoad = turn.catch(() => undefined);
    return turn;
  }

  async #loadNow(numbers: Iterable<number>): Promise<void> {
    const broken = new Set(await this.#segments.read(numbers));
    if (broken.size === 0) return;
    const others = this.#segments.numbers();
    for (const number of await this.#segments.read(others)) broken.add(number);
    for (const number of broken) await this.#remake(number);
  }

  /** Makes a segment of what the server has now. */
  async #remake(number: number): Promise<void> {
    const from = number * SEGMENT_MAILS + 1;
    const entries = await this.#book.within({ from, to: from + SEGMENT_MAILS });
    this.#noteUnsettled(entries);
    const segment = Segment.empty(number);
    for (const mail of await this.#intake.takeIn(entries)) segment.set(rowOf(mail));
    this.#segments.replace(segment);
    this.#order = this.#contents = null;
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
    const isNew = ({ index }: MailboxEntry) => this.row(index) === undefined;
    await this.load(entries.some(isNew) ? undefined : entries.map(({ index }) => index));
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
    const known = this.#segments.get(Segment.of(index));
    const isKnown = known?.has(index) === true;
    if (isKnown && known.revision(index) > revision) return;
    const row = rowOf(mail);
    if (!isKnown || known.when(index) !== row.when) this.#order = null;
    this.#segments.change(Segment.of(index)).set(row);
    this.#contents?.add(row.contentHash);
    if (revision === 0) this.#unsettled.add(index);
    else this.#unsettled.delete(index);
    this.#changed.push(index);
  }

  #remove(index: number): void {
    this.#unsettled.delete(index);
    const number = Segment.of(index);
    if (this.#segments.get(number)?.has(index) !== true) return;
    this.#segments.change(number).delete(index);
    this.#order = this.#contents = null;
    this.#changed.push(index);
  }

  #find(id: string): number | undefined {
    const messageId: Bytes = fromHex(id);
    let repeated: number | undefined;
    for (const segment of this.#segments.loaded()) {
      const index = segment.find(messageId);
      if (index === undefined) continue;
      if (segment.row(index)?.repeated !== true) return index;
      repeated ??= index;
    }
    return repeated;
  }

  /** What would be left out otherwise would look as if it were not there. */
  #assertRead(): void {
    if (!this.#segments.areRead) throw new Error("the mail index is used before it is read");
  }

  #lastNumber(): number {
    const numbers = this.#segments.numbers().filter((each) =>
      this.#segments.mails(each).some((byte) => byte !== 0)
    );
    return numbers.reduce((last, number) => Math.max(last, number), -1);
  }

  #when(index: number): number {
    return this.#segments.get(Segment.of(index))?.when(index) ?? 0;
  }

  /** The mails of these segments and some more, the newest first. */
  #inOrder(numbers: readonly number[], more: readonly number[] = []): number[] {
    const all: number[] = [...more];
    const when = all.map((index) => this.#when(index));
    for (const number of [...numbers].sort((a, b) => b - a)) {
      const segment = this.#segments.get(number);
      for (const index of segment?.indexes().reverse() ?? []) {
        all.push(index);
        when.push(segment!.when(index));
      }
    }
    const isBefore = (a: number, b: number) =>
      when[a]! > when[b]! || (when[a] === when[b] && all[a]! > all[b]!);
    // As mail comes in order, so it is in the index, but for imports.
    if (all.every((_, i) => i === 0 || isBefore(i - 1, i))) return all;
    const places = all.map((_, place) => place).sort((a, b) => isBefore(a, b) ? -1 : 1);
    return places.map((place) => all[place]!);
  }

  *#contentHashes(): Generator<string> {
    for (const segment of this.#segments.loaded()) {
      for (const index of segment.indexes()) yield segment.contentHash(index);
    }
  }
}
