/** The key log as SQL. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { LogAppend, LoggedRecord } from "../log_store.ts";
import type { Database } from "./database.ts";

export function logSize(db: Database): number {
  return db.get<{ size: number }>("SELECT coalesce(max(seq) + 1, 0) AS size FROM log")!.size;
}

/** Whether these entries, numbered one by one, go to the end of the log as it is now. */
export function fitsLog(db: Database, entries: readonly LogAppend[]): boolean {
  return entries.length === 0 || entries[0]!.seq === logSize(db);
}

/** Runs inside a transaction; writes all or nothing. */
export function appendLog(db: Database, entries: readonly LogAppend[]): boolean {
  if (!fitsLog(db, entries)) return false;
  for (const { seq, tag, entry, record } of entries) {
    db.run(
      "INSERT INTO log (seq, tag, entry, record) VALUES (?, ?, ?, ?)",
      seq,
      tag,
      entry,
      record,
    );
  }
  return true;
}

export function logEntries(db: Database, from: number, limit: number): Bytes[] {
  return db.all<{ entry: Bytes }>(
    "SELECT entry FROM log WHERE seq >= ? ORDER BY seq LIMIT ?",
    from,
    limit,
  ).map(({ entry }) => entry);
}

export function logRecords(db: Database, tag: Bytes): LoggedRecord[] {
  return db.all<LoggedRecord>(
    "SELECT seq, entry, record FROM log WHERE tag = ? AND record IS NOT NULL ORDER BY seq",
    tag,
  ).map((row) => ({ ...row }));
}
