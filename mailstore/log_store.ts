/** The part of a mail store that keeps the key log; its rules are those of store.ts. */

import type { Bytes } from "../crypto/bytes.ts";

/**
 * An entry for the end of the key log. `seq` is the size that the log must have then, so the first
 * one is the size it has now; anything else is a "log_conflict" and nothing is written.
 */
export interface LogAppend {
  readonly seq: number;
  /** Whom the entry is about. */
  readonly tag: Bytes;
  /** The leaf, sealed by the caller. */
  readonly entry: Bytes;
  /** What the leaf has the hash of, sealed by the caller; null when that is kept elsewhere. */
  readonly record: Bytes | null;
}

/** An entry of the log that has its record. */
export interface LoggedRecord {
  readonly seq: number;
  readonly entry: Bytes;
  readonly record: Bytes;
}

/** The key log: entries numbered from 0 without a gap. It only grows. */
export interface LogStore {
  /** How many entries there are, and so the `seq` of the next. */
  logSize(): Promise<number>;
  /** False, with nothing written, when the first is not for the end of the log as it is now. */
  appendLog(entries: readonly LogAppend[]): Promise<boolean>;
  /** The `entry` of each from `from` on, in order, at most `limit`. */
  logEntries(from: number, limit: number): Promise<Bytes[]>;
  /** The entries about a tag that have a record, in order. */
  logRecords(tag: Bytes): Promise<LoggedRecord[]>;
}
