/**
 * Full-text search of a mailbox: an index on this device, sealed, shared with the user's other
 * devices through the server. docs/search.md says what is found and what it costs.
 */

import { MailsecError } from "../../crypto/errors.ts";
import { inOrder } from "../in_order.ts";
import type { SegmentStore } from "../index/segment_store.ts";
import { Finder } from "./finder.ts";
import { Indexer } from "./indexer.ts";
import { bodyText } from "./mail_words.ts";
import { SharedTables } from "./shared_tables.ts";
import { Shelf } from "./shelf.ts";
import { snippetOf } from "./snippet.ts";
import type {
  FindOptions,
  Found,
  IndexOptions,
  ReadMail,
  SearchedMails,
  SearchStatus,
  SearchTerm,
} from "./types.ts";
import { statusOf } from "./wanted.ts";

/** So few missing mails are put into the index before a search, if it does not take long. */
const FEW_MAILS = 64;
const FEW_MAILS_BUDGET_MS = 1500;
const MAX_SNIPPET_MAIL_BYTES = 1_000_000;
const READS_AT_ONCE = 8;

export interface SearchParts {
  readonly mails: SearchedMails;
  readonly read: ReadMail;
  /** Sealed files of this device. */
  readonly disk: SegmentStore;
  /** Sealed blobs on the server, for the user's other devices. */
  readonly server: SegmentStore;
}

export class MailSearch {
  readonly #parts: SearchParts;
  readonly #shelf: Shelf;
  readonly #shared: SharedTables;
  readonly #finder: Finder;
  #last: Promise<unknown> = Promise.resolve();
  /** How much work waits or is under way. */
  #busy = 0;
  /** Ends what is under way when the mailbox is closed. */
  readonly #closing = new AbortController();

  constructor(parts: SearchParts) {
    this.#parts = parts;
    this.#shelf = new Shelf(parts.disk);
    this.#shared = new SharedTables(parts.server);
    this.#finder = new Finder(parts.mails, this.#shelf);
  }

  /**
   * The mails that have all of the terms; none when no term has a word. Of mails that the index has
   * not got, title and people are searched. The list of mails is taken as it is (MailIndex.sync).
   */
  async find(terms: readonly SearchTerm[], options: FindOptions = {}): Promise<Found> {
    const { covered, total } = await this.#fresh();
    const ranks = await this.#finder.find(terms, options);
    return { ranks, complete: covered === total, coverage: { covered, total } };
  }

  /**
   * Brings the index up to date, as far as the options let it. One call works at a time.
   *
   * @throws {ConnectError} {ServerError} {ProtocolError} what was done until then is kept.
   */
  index(options: IndexOptions = {}): Promise<SearchStatus> {
    return this.#inTurn(() => this.#index(options));
  }

  /**
   * The piece of each mail's text around the first of the terms, by index. Reads these mails, and
   * leaves out those that cannot be read and those over a megabyte.
   */
  async snippets(
    indexes: readonly number[],
    terms: readonly SearchTerm[],
    length: number,
  ): Promise<Map<number, string>> {
    const { mails, read } = this.#parts;
    await mails.load(indexes);
    const small = indexes.filter((index) => {
      const row = mails.row(index);
      return row !== undefined && !row.rejected && row.size <= MAX_SNIPPET_MAIL_BYTES;
    });
    const textOf = async (index: number) => {
      try {
        return [index, bodyText(await read(index))] as const;
      } catch (error) {
        if (error instanceof MailsecError) return null;
        throw error;
      }
    };
    const snippets = new Map<number, string>();
    for await (const found of inOrder(small, textOf, READS_AT_ONCE)) {
      if (found !== null) snippets.set(found[0], snippetOf(found[1], terms, length));
    }
    return snippets;
  }

  /** How far the index is, as far as is known without reading all of it. */
  async status(): Promise<SearchStatus> {
    return await statusOf(this.#parts.mails, await this.#shelf.coverage());
  }

  /** Throws the index away, here and on the server, and makes it anew. Throws as `index`. */
  rebuild(options: IndexOptions = {}): Promise<SearchStatus> {
    return this.#inTurn(async () => {
      await this.#shared.clear();
      await this.#shelf.clear();
      return await this.#index(options);
    });
  }

  /**
   * Keeps the index up to date in the background, until `close`.
   *
   * @param onChange Registers what is to be called when mail is new or gone (MailIndex.onChange).
   * @returns A function that ends it before.
   */
  follow(onChange: (callback: () => void) => () => void): () => void {
    const ending = new AbortController();
    let isWaiting = false;
    const work = async () => {
      // What comes while a round waits for its turn is part of that round.
      if (isWaiting || this.#closing.signal.aborted) return;
      isWaiting = true;
      try {
        await this.#inTurn(() => {
          isWaiting = false;
          return this.#index({ signal: ending.signal });
        });
      } catch {
        // What cannot be fetched now is fetched after the next change, or by the next search.
      }
    };
    const end = onChange(() => void work());
    void work();
    return () => {
      end();
      ending.abort();
    };
  }

  /** Ends what is under way, which stores what it has done, and frees the memory. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#inTurn(() => this.#shelf.close());
  }

  async #index(options: IndexOptions): Promise<SearchStatus> {
    const { mails, read } = this.#parts;
    const parts = { mails, read, shelf: this.#shelf, shared: this.#shared };
    const signals = options.signal === undefined ? [] : [options.signal];
    const signal = AbortSignal.any([this.#closing.signal, ...signals]);
    await new Indexer(parts, { ...options, signal }).run();
    return await this.status();
  }

  /** The status, after mails that have just arrived were put in. */
  async #fresh(): Promise<SearchStatus> {
    const status = await this.status();
    const missing = status.total - status.covered;
    // A search never waits for work that others have asked for, and needs no connection.
    if (missing === 0 || missing > FEW_MAILS || this.#busy > 0) return status;
    try {
      return await this.index({ budgetMs: FEW_MAILS_BUDGET_MS });
    } catch (error) {
      if (error instanceof MailsecError) return await this.status();
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    const turn = this.#last.then(work).finally(() => this.#busy--);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
