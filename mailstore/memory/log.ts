/** The key log in memory. */

import type { Bytes } from "../../crypto/bytes.ts";
import * as check from "../arguments.ts";
import type { LogAppend, LoggedRecord, LogStore } from "../log_store.ts";
import type { Sync, Tables } from "./tables.ts";

/** The functions behind LogStore; synchronous, so each is one step. */
export class MemoryLog implements Sync<LogStore> {
  constructor(readonly tables: Tables) {}

  logSize(): number {
    return this.tables.log.length;
  }

  appendLog(entries: readonly LogAppend[]): boolean {
    check.checkLog(entries);
    return addToLog(this.tables, entries);
  }

  logEntries(from: number, limit: number): Bytes[] {
    check.checkCount("the first log entry", from);
    check.checkCount("the number of log entries", limit);
    return this.tables.log.slice(from, from + limit).map(({ entry }) => entry.slice());
  }

  logRecords(tag: Bytes): LoggedRecord[] {
    check.checkTags([tag]);
    const about = tag.toHex();
    return this.tables.log.flatMap(({ seq, tag, entry, record }) =>
      record === null || tag.toHex() !== about
        ? []
        : [{ seq, entry: entry.slice(), record: record.slice() }]
    );
  }
}

/** Whether these entries, numbered one by one, go to the end of the log as it is now. */
export function fitsLog({ log }: Tables, entries: readonly LogAppend[]): boolean {
  return entries.length === 0 || entries[0]!.seq === log.length;
}

/** All or nothing. */
export function addToLog(tables: Tables, entries: readonly LogAppend[]): boolean {
  if (!fitsLog(tables, entries)) return false;
  tables.log.push(...structuredClone(entries));
  return true;
}
