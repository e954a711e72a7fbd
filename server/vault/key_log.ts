/**
 * The key log as the server keeps it: leaves sealed in the store, the tree over them in memory.
 *
 * Invariants:
 * - What is in memory was read from the store, so it has been committed: no head and no leaf is ever
 *   given to a client that a crash could take back.
 * - An entry is appended in the transaction that does what it tells of; when somebody else (the
 *   administrator's command line beside a running server) has appended meanwhile, that transaction
 *   is refused and made again with the next numbers.
 */

import { setImmediate } from "node:timers/promises";
import { type Bytes, ByteWriter } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import {
  encodeLogEntry,
  type LogEntry,
  parseLogEntry,
  recordHashOf,
} from "../../crypto/log_entry.ts";
import { makeLogHead, type SignedLogHead } from "../../crypto/log_head.ts";
import { leafHash, MerkleFrontier } from "../../crypto/merkle.ts";
import { importSigner, type SigningSecret } from "../../crypto/sign.ts";
import type { LogAppend } from "../../mailstore/log_store.ts";
import type { AtRest } from "./at_rest.ts";
import { type EarlierKeys, entriesOfEarlierKeys } from "./earlier_keys.ts";
import type { NewLogEntry } from "./new_log_entry.ts";

/** Entries read from the store before other work gets its turn. */
const READ_PAGE = 256;

interface KeyLogOptions {
  readonly store: EarlierKeys;
  readonly atRest: AtRest;
  /** The server's root key. */
  readonly signing: SigningSecret;
  /** 32 bytes. */
  readonly realm: Bytes;
  /** ms since the epoch. */
  now(): number;
}

/** An entry with the record that its hash is of. */
export interface LoggedRecord {
  readonly entry: LogEntry;
  readonly record: Bytes;
}

/** See the head of this file. */
export class KeyLog {
  readonly #options: KeyLogOptions;
  readonly #leaves: Bytes[] = [];
  readonly #tree = new MerkleFrontier();
  /** The last one that was signed. */
  #head: SignedLogHead | undefined;
  /** The last work on the log; the next begins when it has ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: KeyLogOptions) {
    this.#options = options;
  }

  /**
   * Writes something to the store together with the entries that tell of it. `write` gets the
   * entries as the store takes them, and is called again while it says "log_conflict"; whatever
   * else it says is the outcome. Without entries it is just called.
   *
   * `index` is the number of the first entry, if they were written.
   */
  async append<Outcome extends string>(
    entries: readonly NewLogEntry[],
    write: (log: readonly LogAppend[]) => Promise<Outcome | "log_conflict">,
  ): Promise<{ outcome: Exclude<Outcome, "log_conflict">; index: number }> {
    if (entries.length === 0) return { outcome: unconflicted(await write([])), index: 0 };
    return await this.#inTurn(async () => {
      for (;;) {
        await this.#read();
        const index = this.#leaves.length;
        const outcome = await write(entries.map((entry, i) => this.#seal(entry, index + i)));
        if (outcome !== "log_conflict") return { outcome: unconflicted(outcome), index };
      }
    });
  }

  /** The signed head over all that is committed now. */
  head(): Promise<SignedLogHead> {
    return this.#inTurn(async () => {
      await this.#read();
      return await this.#signedHead();
    });
  }

  /** The signed head, and the leaves from `from` on that it covers, at most `limit`. */
  async page(
    from: number,
    limit: number,
  ): Promise<{ head: SignedLogHead; leaves: readonly Bytes[] }> {
    const head = await this.head();
    return { head, leaves: this.#leaves.slice(from, Math.min(from + limit, head.size)) };
  }

  /** What the log has about a user together with its record, in order: vouches and acts. */
  async recordsOf(user: string): Promise<LoggedRecord[]> {
    const { store, atRest } = this.#options;
    const rows = await store.logRecords(atRest.tagOf(user));
    return rows.map(({ seq, entry, record }) => ({
      entry: this.#open(entry, seq),
      record: atRest.open("log_record", rowOf(seq), record),
    }));
  }

  /** Reads what is new in the store, so that nobody has to wait for it later. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  /** Resolves when nothing that was begun is under way any more. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** Brings the memory up to what is committed; first gives an earlier release's keys entries. */
  async #read(): Promise<void> {
    const { store, atRest } = this.#options;
    let size = await store.logSize();
    if (size === 0) {
      const entries = await entriesOfEarlierKeys(store, atRest, this.#options.now());
      // When somebody else was faster, what is there is as good.
      if (entries.length > 0) {
        await store.appendLog(entries.map((entry, i) => this.#seal(entry, i)));
      }
      size = await store.logSize();
    }
    while (this.#leaves.length < size) {
      const seq = this.#leaves.length;
      const page = await store.logEntries(seq, READ_PAGE);
      if (page.length === 0) throw damaged(seq);
      for (const [i, sealed] of page.entries()) this.#take(sealed, seq + i);
      if (page.length === READ_PAGE) await setImmediate();
    }
  }

  #take(sealed: Bytes, seq: number): void {
    const leaf = this.#options.atRest.open("log_entry", rowOf(seq), sealed);
    if (parseLogEntry(leaf).seq !== seq) throw damaged(seq);
    this.#leaves.push(leaf);
    this.#tree.append(leafHash(leaf));
  }

  #open(sealed: Bytes, seq: number): LogEntry {
    return parseLogEntry(this.#options.atRest.open("log_entry", rowOf(seq), sealed));
  }

  #seal({ type, user, record, isKept }: NewLogEntry, seq: number): LogAppend {
    const { atRest, now } = this.#options;
    const leaf = encodeLogEntry({ seq, time: now(), type, user, recordHash: recordHashOf(record) });
    return {
      seq,
      tag: atRest.tagOf(user),
      entry: atRest.seal("log_entry", rowOf(seq), leaf),
      record: isKept ? atRest.seal("log_record", rowOf(seq), record) : null,
    };
  }

  /** One signature a size. */
  async #signedHead(): Promise<SignedLogHead> {
    const { signing, realm } = this.#options;
    const size = this.#leaves.length;
    if (this.#head?.size === size) return this.#head;
    const signer = await importSigner(signing);
    this.#head = await makeLogHead(signer, { realm, size, root: this.#tree.root() });
    return this.#head;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.then(() => {}, () => {});
    return await turn;
  }
}

function unconflicted<Outcome extends string>(
  outcome: Outcome | "log_conflict",
): Exclude<Outcome, "log_conflict"> {
  if (outcome === "log_conflict") throw new Error("nothing was appended, and yet in conflict");
  return outcome as Exclude<Outcome, "log_conflict">;
}

/** The row of an entry in the store: its number, 8 bytes. */
function rowOf(seq: number): Bytes {
  return new ByteWriter(8).u64(seq).finish();
}

function damaged(seq: number): FormatError {
  return new FormatError(`The key log of this server is damaged at entry ${seq}.`, {
    hint: "Check the data folder with mailsec verify, and restore it from a backup.",
  });
}
