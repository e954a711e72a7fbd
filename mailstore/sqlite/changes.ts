/** What has changed in a mailbox, as SQL: entries and removals in the order of their `modseq`. */

import type { Bytes } from "../../crypto/bytes.ts";
import { withinBytes } from "../budget.ts";
import type { Changes, ChangesWanted, Entry } from "../mailbox_store.ts";
import type { Database } from "./database.ts";
import { ENTRY_COLUMNS, ENTRY_TABLES } from "./entry_columns.ts";

/** Removals in one answer. */
const MAX_REMOVED = 1000;

type ChangedRow = Entry & { readonly modseq: number };

/** Raises the mailbox's `modseq` and returns it. */
export function nextModseq(db: Database, mailbox: number): number {
  return db.get<{ modseq: number }>(
    "UPDATE mailboxes SET modseq = modseq + 1 WHERE account = ? RETURNING modseq",
    mailbox,
  )!.modseq;
}

export function listChanges(db: Database, tag: Bytes, wanted: ChangesWanted): Changes {
  const { since, limit, maxBytes } = wanted;
  const mailbox = db.get<{ account: number; modseq: number; forgotten: number }>(
    `SELECT account, modseq, forgotten FROM mailboxes JOIN accounts ON id = account
     WHERE tag = ?`,
    tag,
  ) ?? { account: 0, modseq: 0, forgotten: 0 };
  const { account, modseq, forgotten } = mailbox;
  if (since < forgotten || since > modseq) {
    return { reset: true, next: modseq, more: false, entries: [], removed: [] };
  }
  const rows = db.each<ChangedRow>(
    `SELECT ${ENTRY_COLUMNS}, entries.modseq FROM ${ENTRY_TABLES}
     WHERE mailbox = ? AND entries.modseq > ? ORDER BY entries.modseq LIMIT ?`,
    account,
    since,
    limit,
  );
  const found = [...withinBytes(rows, ({ sealed }) => sealed?.length ?? 0, maxBytes)];
  const last = found.at(-1)?.modseq ?? since;
  const entriesTo = isAnyAfter(db, account, last) ? last : modseq;
  const { removed, removedTo } = removals(db, account, { since, upTo: entriesTo });
  const next = Math.min(entriesTo, removedTo);
  const entries = found.filter((row) => row.modseq <= next).map(({ modseq: _, ...entry }) => entry);
  return { reset: false, next, more: next < modseq, entries, removed };
}

function isAnyAfter(db: Database, mailbox: number, since: number): boolean {
  return db.get(
    "SELECT 1 FROM entries WHERE mailbox = ? AND modseq > ? LIMIT 1",
    mailbox,
    since,
  ) !== undefined;
}

function removals(
  db: Database,
  mailbox: number,
  { since, upTo }: { since: number; upTo: number },
): { removed: number[]; removedTo: number } {
  const rows = db.all<{ modseq: number; number: number }>(
    `SELECT modseq, number FROM removals WHERE mailbox = ? AND modseq > ? AND modseq <= ?
     ORDER BY modseq LIMIT ?`,
    mailbox,
    since,
    upTo,
    MAX_REMOVED,
  );
  const removedTo = rows.length < MAX_REMOVED ? upTo : rows.at(-1)!.modseq;
  return { removed: rows.map(({ number }) => number), removedTo };
}

/** Forgets the oldest removals beyond so many: who has not heard of them starts anew. */
export function forgetRemovals(db: Database, mailbox: number, maxRemovals: number): void {
  const oldest = db.get<{ modseq: number }>(
    "SELECT modseq FROM removals WHERE mailbox = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?",
    mailbox,
    maxRemovals,
  );
  if (oldest === undefined) return;
  db.run("DELETE FROM removals WHERE mailbox = ? AND modseq <= ?", mailbox, oldest.modseq);
  db.run("UPDATE mailboxes SET forgotten = ? WHERE account = ?", oldest.modseq, mailbox);
}
