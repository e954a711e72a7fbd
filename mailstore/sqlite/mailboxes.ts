/** What a user sees of her own mailbox and state, as SQL. */

import { type Bytes, concat } from "../../crypto/bytes.ts";
import { distinct } from "../arguments.ts";
import { withinBytes } from "../budget.ts";
import type {
  ContentRange,
  Entry,
  EntryChange,
  EntryChangeResult,
  EntryPage,
  MailParts,
  Page,
  SealedState,
  WantedEntries,
} from "../mailbox_store.ts";
import { accountRow } from "./accounts.ts";
import { forgetRemovals, nextModseq } from "./changes.ts";
import type { Database } from "./database.ts";
import { ENTRY_COLUMNS, ENTRY_TABLES } from "./entry_columns.ts";
import { removeUnreferenced } from "./messages.ts";

export function listEntries(
  db: Database,
  tag: Bytes,
  { before, limit, maxBytes }: Page,
): EntryPage {
  const mailbox = db.get<{ account: number; total: number; modseq: number }>(
    `SELECT account, entry_count AS total, modseq FROM mailboxes JOIN accounts ON id = account
     WHERE tag = ?`,
    tag,
  );
  if (mailbox === undefined) return { total: 0, modseq: 0, entries: [] };
  const rows = db.each<Entry>(
    `SELECT ${ENTRY_COLUMNS} FROM ${ENTRY_TABLES} WHERE mailbox = ? AND number < ?
     ORDER BY number DESC LIMIT ?`,
    mailbox.account,
    before ?? Number.MAX_SAFE_INTEGER,
    limit,
  );
  const entries = [...withinBytes(rows, sealedBytes, maxBytes)];
  const { total, modseq } = mailbox;
  return { total, modseq, entries: entries.map((entry) => ({ ...entry })) };
}

export function findEntries(db: Database, tag: Bytes, wanted: WantedEntries): Entry[] {
  const mailbox = accountRow(db, tag)?.id;
  if (mailbox === undefined) return [];
  const found = withinBytes(entriesWanted(db, mailbox, wanted), sealedBytes, wanted.maxBytes);
  return [...found].map((entry) => ({ ...entry })).sort((a, b) => b.index - a.index);
}

/** Each entry once, read when it is its turn. */
function* entriesWanted(
  db: Database,
  mailbox: number,
  { indices, messageIds }: WantedEntries,
): Generator<Entry> {
  const seen = new Set<number>();
  for (const index of new Set(indices)) {
    const entry = db.get<Entry>(
      `SELECT ${ENTRY_COLUMNS} FROM ${ENTRY_TABLES} WHERE mailbox = ? AND number = ?`,
      mailbox,
      index,
    );
    if (entry === undefined) continue;
    seen.add(index);
    yield entry;
  }
  for (const messageId of distinct(messageIds)) {
    const entry = db.get<Entry>(
      `SELECT ${ENTRY_COLUMNS} FROM ${ENTRY_TABLES} WHERE message_id = ? AND mailbox = ?`,
      messageId,
      mailbox,
    );
    if (entry !== undefined && !seen.has(entry.index)) yield entry;
  }
}

function sealedBytes({ sealed }: Entry): number {
  return sealed?.length ?? 0;
}

export function mailParts(
  db: Database,
  tag: Bytes,
  { messageIds, maxBytes }: { messageIds: readonly Bytes[]; maxBytes: number | undefined },
): MailParts[] {
  const mailbox = accountRow(db, tag)?.id;
  if (mailbox === undefined) return [];
  const found = withinBytes(
    partsWanted(db, mailbox, messageIds),
    ({ header, summary }) => header.length + summary.length,
    maxBytes,
  );
  return [...found].map((parts) => ({ ...parts }));
}

/** Each message once, read when it is its turn. */
function* partsWanted(
  db: Database,
  mailbox: number,
  messageIds: readonly Bytes[],
): Generator<MailParts> {
  for (const messageId of distinct(messageIds)) {
    const parts = db.get<MailParts>(
      `SELECT message_id AS messageId, header, summary FROM messages
       JOIN entries ON entries.message = messages.id
       JOIN message_parts ON message_parts.message = messages.id
       WHERE message_id = ? AND mailbox = ?`,
      messageId,
      mailbox,
    );
    if (parts !== undefined) yield parts;
  }
}

/** What of content ?3 lies from offset ?1 to ?2 (exclusive), piece by piece. */
const PARTS_OF_PIECES = `
SELECT substr(data, max(?1 - start, 0) + 1, ?2 - max(?1, start)) AS part
FROM content_pieces WHERE content = ?3 AND start < ?2 AND start >=
  (SELECT max(start) FROM content_pieces WHERE content = ?3 AND start <= ?1)
ORDER BY start`;

/** A message in a mailbox, by its internal number. */
function messageInMailbox(
  db: Database,
  tag: Bytes,
  messageId: Bytes,
):
  | { mailbox: number; number: number; message: number; length: number; revision: number }
  | undefined {
  return db.get(
    `SELECT mailbox, number, message, length, revision FROM ${ENTRY_TABLES}
     JOIN accounts ON accounts.id = mailbox WHERE message_id = ? AND tag = ?`,
    messageId,
    tag,
  );
}

export function readContent(
  db: Database,
  tag: Bytes,
  { messageId, offset, length }: ContentRange,
): { data: Bytes; total: number } | null {
  const found = messageInMailbox(db, tag, messageId);
  if (found === undefined) return null;
  const end = Math.min(offset + length, found.length);
  if (end <= offset) return { data: new Uint8Array(0), total: found.length };
  const pieces = db.all<{ part: Bytes }>(PARTS_OF_PIECES, offset, end, found.message);
  const [first] = pieces;
  const data = pieces.length === 1 ? first!.part : concat(...pieces.map(({ part }) => part));
  return { data, total: found.length };
}

export function putEntries(
  db: Database,
  tag: Bytes,
  items: readonly EntryChange[],
): EntryChangeResult[] {
  return items.map(({ messageId, revision, sealed }) => {
    const entry = messageInMailbox(db, tag, messageId);
    if (entry === undefined || entry.revision !== revision) {
      const { revision = 0 } = entry ?? {};
      return { messageId: messageId.slice(), revision, ok: false, modseq: 0 };
    }
    const { mailbox, number } = entry;
    const modseq = nextModseq(db, mailbox);
    db.run(
      `UPDATE entries SET sealed = ?, revision = revision + 1, modseq = ?
       WHERE mailbox = ? AND number = ?`,
      sealed,
      modseq,
      mailbox,
      number,
    );
    return { messageId: messageId.slice(), revision: revision + 1, ok: true, modseq };
  });
}

export function removeEntries(
  db: Database,
  tag: Bytes,
  { messageIds, maxRemovals }: { messageIds: readonly Bytes[]; maxRemovals: number },
): number {
  const mailboxes = new Set<number>();
  let removed = 0;
  for (const messageId of messageIds) {
    const entry = messageInMailbox(db, tag, messageId);
    if (entry === undefined) continue;
    const { mailbox, number } = entry;
    db.run("DELETE FROM entries WHERE mailbox = ? AND number = ?", mailbox, number);
    db.run("UPDATE mailboxes SET entry_count = entry_count - 1 WHERE account = ?", mailbox);
    db.run(
      "INSERT INTO removals (mailbox, modseq, number) VALUES (?, ?, ?)",
      mailbox,
      nextModseq(db, mailbox),
      number,
    );
    removeUnreferenced(db, entry.message);
    mailboxes.add(mailbox);
    removed++;
  }
  for (const mailbox of mailboxes) forgetRemovals(db, mailbox, maxRemovals);
  return removed;
}

export function readState(db: Database, tag: Bytes): SealedState {
  const row = db.get<{ revision: number; sealed: Bytes }>(
    "SELECT revision, sealed FROM states JOIN accounts ON id = account WHERE tag = ?",
    tag,
  );
  return row === undefined ? { revision: 0, sealed: null } : { ...row };
}

export function saveState(
  db: Database,
  tag: Bytes,
  { revision, sealed }: { revision: number; sealed: Bytes },
): number | null {
  const changed = revision === 0
    ? db.run(
      `INSERT INTO states (account, revision, sealed)
       SELECT id, 1, ? FROM accounts WHERE tag = ? ON CONFLICT DO NOTHING`,
      sealed,
      tag,
    )
    : db.run(
      `UPDATE states SET revision = revision + 1, sealed = ?
       WHERE revision = ? AND account = (SELECT id FROM accounts WHERE tag = ?)`,
      sealed,
      revision,
      tag,
    );
  return changed > 0 ? revision + 1 : null;
}
