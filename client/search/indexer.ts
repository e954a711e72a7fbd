/**
 * Brings the index up to date, in rounds. A round takes from the server what other devices have read
 * already, forgets mails that are gone, reads those that are missing, the newest first, and uploads
 * what other devices lack. It may be broken off at any time: what was read is stored every few
 * seconds, and the next round goes on from there.
 *
 * A mail goes in when its content was verified. One whose content cannot be opened goes in with its
 * title and people, and is remembered as unreadable; one that failed the intake never goes in.
 */

import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { NotFoundError, RejectedMailError } from "../errors.ts";
import { inOrder } from "../in_order.ts";
import type { Mail } from "../mailbox_types.ts";
import { isSqliteError, type MailWords } from "./fts_table.ts";
import { mailWords } from "./mail_words.ts";
import type { MailSet } from "./mail_set.ts";
import type { SegmentTables, Shelf } from "./shelf.ts";
import type { SharedTables } from "./shared_tables.ts";
import type { IndexOptions, ReadMail, SearchedMails } from "./types.ts";
import { coverageOf, mailsBySegment, missingIn } from "./wanted.ts";

/** Mails put in together. */
const BATCH_MAILS = 32;
/** Of the mails put in together, so that large ones are not in memory side by side. */
const BATCH_BYTES = 8 * 1024 * 1024;
const READS_AT_ONCE = 8;
/** What a crash loses at most of the work. */
const SAVE_EVERY_MS = 5000;
/** For fewer mails in a segment it is not worth while to look at what others have uploaded. */
const LEAST_TO_DOWNLOAD = 16;
/** For fewer mails in a segment it is not worth while to upload it anew. */
const LEAST_TO_UPLOAD = 64;

export interface IndexerParts {
  readonly mails: SearchedMails;
  readonly read: ReadMail;
  readonly shelf: Shelf;
  readonly shared: SharedTables;
}

/** What was read of a mail. */
interface ReadWords {
  readonly index: number;
  readonly words: MailWords;
  readonly unreadable: boolean;
}

export class Indexer {
  readonly #parts: IndexerParts;
  readonly #options: IndexOptions;
  readonly #deadline: number;

  constructor(parts: IndexerParts, options: IndexOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#deadline = performance.now() + (options.budgetMs ?? Infinity);
  }

  /**
   * One round. Stores what it has done, whatever ends it.
   *
   * @throws {ConnectError} {ServerError} {ProtocolError} when mail cannot be fetched.
   */
  async run(): Promise<void> {
    const { mails, shelf } = this.#parts;
    await mails.catchUp();
    const there = mailsBySegment(mails);
    await shelf.reload();
    await this.#download(there);
    this.#tell();
    for (const segment of (await shelf.coverage()).keys()) {
      if (!there.has(segment)) await this.#update(segment, null);
    }
    for (const [segment, set] of there) {
      if (this.#isOver()) return;
      const known = (await shelf.coverage()).get(segment)?.covered;
      const isUpToDate = known !== undefined && known.countMissingIn(set) === 0 &&
        (await missingIn(set, known, mails)).length === 0;
      if (!isUpToDate) await this.#updateOrRemake(segment, set);
    }
    if (!this.#isOver()) await this.#upload(there);
  }

  /** Takes over the segments of which other devices have much that is missing here. */
  async #download(there: ReadonlyMap<number, MailSet>): Promise<void> {
    const { shelf, shared, mails } = this.#parts;
    const lacking = async () => {
      const here = await shelf.coverage();
      const found: [number, MailSet][] = [];
      for (const [segment, set] of there) {
        const missing = await missingIn(set, here.get(segment)?.covered, mails);
        if (missing.length >= LEAST_TO_DOWNLOAD) found.push([segment, set]);
      }
      return found;
    };
    if ((await lacking()).length === 0) return;
    const theirs = await shared.coverage();
    for (const [segment, set] of await lacking()) {
      const offered = theirs.get(segment);
      const own = (await shelf.coverage()).get(segment)?.covered;
      const missing = await missingIn(set, own, mails);
      if (offered === undefined || this.#isOver()) continue;
      const brings = missing.filter((index) => offered.covered.has(index)).length;
      const loses = own === undefined ? 0 : own.and(set).countMissingIn(offered.covered);
      if (brings < LEAST_TO_DOWNLOAD || brings <= loses) continue;
      const tables = await shared.download(segment, offered);
      if (tables !== null) await shelf.replace(tables);
    }
  }

  /** A table that turns out to be damaged has been thrown away: then it is made anew. */
  async #updateOrRemake(segment: number, there: MailSet): Promise<void> {
    try {
      await this.#update(segment, there);
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      await this.#update(segment, there);
    }
  }

  /** Makes a segment's tables cover what is there (null: nothing), and nothing else. */
  async #update(segment: number, there: MailSet | null): Promise<void> {
    await this.#parts.shelf.change(segment, async (tables) => {
      const gone = goneFrom(tables, there);
      tables.words.remove(gone);
      tables.positions.remove(gone);
      let isSaved = gone.length === 0;
      let savedAt = performance.now();
      try {
        const covered = tables.words.covered.and(tables.positions.covered);
        const missing = there === null ? [] : await missingIn(there, covered, this.#parts.mails);
        for (const batch of this.#batches(missing)) {
          if (this.#isOver()) break;
          const read = await this.#read(batch);
          tables.words.add(read);
          tables.positions.add(read);
          isSaved = false;
          if (performance.now() - savedAt < SAVE_EVERY_MS) continue;
          await this.#parts.shelf.save(tables);
          isSaved = true;
          savedAt = performance.now();
          this.#tell();
        }
      } finally {
        // Also when only the list of what is covered was wrong.
        if (!isSaved || !await this.#isKnown(tables)) await this.#parts.shelf.save(tables);
      }
      this.#tell();
    });
  }

  async #isKnown({ words, positions }: SegmentTables): Promise<boolean> {
    const known = (await this.#parts.shelf.coverage()).get(words.segment)?.covered;
    return known !== undefined && words.covered.and(positions.covered).countMissingIn(known) === 0;
  }

  *#batches(indexes: readonly number[]): Generator<number[]> {
    let batch: number[] = [];
    let bytes = 0;
    for (const index of indexes) {
      const size = this.#parts.mails.row(index)?.size ?? 0;
      if (batch.length === BATCH_MAILS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
        yield batch;
        [batch, bytes] = [[], 0];
      }
      batch.push(index);
      bytes += size;
    }
    if (batch.length > 0) yield batch;
  }

  async #read(indexes: readonly number[]): Promise<ReadWords[]> {
    const read: ReadWords[] = [];
    for await (const one of inOrder(indexes, (index) => this.#readOne(index), READS_AT_ONCE)) {
      if (one !== null) read.push(one);
    }
    return read;
  }

  /** Null when the mail has gone. */
  async #readOne(index: number): Promise<ReadWords | null> {
    const row = this.#parts.mails.row(index);
    if (row === undefined) return null;
    let mail: Mail | null = null;
    try {
      mail = await this.#parts.read(index);
    } catch (error) {
      if (error instanceof NotFoundError) return null;
      if (!isUnreadable(error)) throw error;
    }
    return { index, words: mailWords(row, mail), unreadable: mail === null };
  }

  /** Gives the server the segments of which it has much less than there is here. */
  async #upload(there: ReadonlyMap<number, MailSet>): Promise<void> {
    const { shelf, shared } = this.#parts;
    const here = await shelf.coverage();
    let theirs: Awaited<ReturnType<SharedTables["coverage"]>> | null = null;
    for (const [segment, set] of there) {
      const covered = here.get(segment)?.covered;
      if (covered === undefined || covered.size < LEAST_TO_UPLOAD || this.#isOver()) continue;
      theirs ??= await shared.coverage();
      const offered = theirs.get(segment)?.covered;
      const news = offered === undefined ? covered.size : covered.countMissingIn(offered);
      const gone = offered === undefined ? 0 : offered.countMissingIn(set);
      if (news + gone < LEAST_TO_UPLOAD) continue;
      try {
        await shelf.change(segment, (tables) => shared.upload(tables));
      } catch (error) {
        // No room on the server: the index is on this device all the same.
        if (error instanceof ServerError && error.code === "too_large") return;
        throw error;
      }
    }
  }

  #isOver(): boolean {
    return this.#options.signal?.aborted === true || performance.now() > this.#deadline;
  }

  #tell(): void {
    const { onProgress } = this.#options;
    if (onProgress === undefined) return;
    const { mails, shelf } = this.#parts;
    shelf.coverage().then((map) => coverageOf(mails, map)).then(onProgress).catch(() => {});
  }
}

/** What tables have of mails that are not there any more. */
function goneFrom({ words, positions }: SegmentTables, there: MailSet | null): number[] {
  const indexes = new Set([...words.covered.indexes(), ...positions.covered.indexes()]);
  return [...indexes].filter((index) => there?.has(index) !== true);
}

/** Whether a mail's content is at fault, not the way to it. */
function isUnreadable(error: unknown): boolean {
  return error instanceof TrustError || error instanceof RejectedMailError ||
    error instanceof FormatError || error instanceof DecryptionError;
}
