/** Messages, their parts and their entries as SQL: what deliveries and uploads have in common. */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { distinct } from "../arguments.ts";
import {
  CONTENT_PIECE_BYTES,
  type Delivery,
  type DeliveryOutcome,
  type Placement,
} from "../store.ts";
import type { Database } from "./database.ts";

/** A message as deliveries see it. */
export interface MessageRow {
  readonly id: number;
  readonly digest: Bytes;
  readonly uploadedBy: Bytes | null;
  readonly meta: Bytes;
}

/** An active account among the recipients. */
export interface Recipient {
  readonly id: number;
  readonly tag: Bytes;
}

/**
 * The message with that id. One that has lost its last mailbox and waits to be removed is removed
 * here: it must not make a new delivery a duplicate.
 */
export function findMessage(db: Database, messageId: Bytes): MessageRow | undefined {
  const row = db.get<MessageRow>(
    "SELECT id, digest, uploaded_by AS uploadedBy, meta FROM messages WHERE message_id = ?",
    messageId,
  );
  return row === undefined || removeUnreferenced(db, row.id) ? undefined : row;
}

/** Sorts the tags into active accounts and others, each in the order given. */
export function resolveRecipients(
  db: Database,
  tags: readonly Bytes[],
): { recipients: Recipient[]; refused: Bytes[] } {
  const recipients: Recipient[] = [];
  const refused: Bytes[] = [];
  for (const tag of distinct(tags)) {
    const row = db.get<{ id: number }>(
      "SELECT id FROM accounts WHERE tag = ? AND status = 'active'",
      tag,
    );
    if (row === undefined) refused.push(tag);
    else recipients.push({ id: row.id, tag });
  }
  return { recipients, refused };
}

/** Makes room for content of that length and returns its id. */
export function createContent(db: Database, length: number): number {
  return db.get<{ id: number }>(
    "INSERT INTO contents (length) VALUES (?) RETURNING id",
    length,
  )!.id;
}

/** Writes `data` at `start` of a content, where nothing is yet. */
export function addPieces(
  db: Database,
  { content, start, data }: { content: number; start: number; data: Bytes },
): void {
  for (let at = 0; at < data.length; at += CONTENT_PIECE_BYTES) {
    db.run(
      "INSERT INTO content_pieces (content, start, data) VALUES (?, ?, ?)",
      content,
      start + at,
      data.subarray(at, at + CONTENT_PIECE_BYTES),
    );
  }
}

/** Makes the content with that id a message. */
export function createMessage(
  db: Database,
  id: number,
  message: Omit<Delivery, "content" | "mailboxes" | "own"> & { uploadedBy: Bytes | null },
): void {
  db.run(
    "INSERT INTO messages (id, message_id, digest, uploaded_by, meta) VALUES (?, ?, ?, ?, ?)",
    id,
    message.messageId,
    message.digest,
    message.uploadedBy,
    message.meta,
  );
  db.run(
    "INSERT INTO message_parts (message, header, summary) VALUES (?, ?, ?)",
    id,
    message.header,
    message.summary,
  );
}

/** Puts the message into mailboxes, under the next number of each; into one with its entry. */
export function addEntries(
  db: Database,
  message: number,
  { recipients, own = null }: { recipients: readonly Recipient[]; own?: Delivery["own"] },
): Placement[] {
  return recipients.map(({ id, tag }) => {
    const { number, modseq } = db.get<{ number: number; modseq: number }>(
      `UPDATE mailboxes SET last_number = last_number + 1, entry_count = entry_count + 1,
         modseq = modseq + 1
       WHERE account = ? RETURNING last_number AS number, modseq`,
      id,
    )!;
    const sealed = own !== null && equalBytes(own.tag, tag) ? own.sealed : null;
    db.run(
      `INSERT INTO entries (mailbox, number, message, modseq, revision, sealed)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      number,
      message,
      modseq,
      sealed === null ? 0 : 1,
      sealed,
    );
    return { tag, index: number };
  });
}

/** The answer to somebody who sends a message that is there already. */
export function duplicateOf(db: Database, message: MessageRow): DeliveryOutcome {
  const entries = db.all<Placement>(
    `SELECT tag, number AS "index" FROM entries JOIN accounts ON id = mailbox
     WHERE message = ? ORDER BY mailbox`,
    message.id,
  );
  return { outcome: "duplicate", meta: message.meta, entries: entries.map((e) => ({ ...e })) };
}

/** Removes a message, with all its parts, if no mailbox has it any more. True if it did. */
export function removeUnreferenced(db: Database, message: number): boolean {
  return db.run(
    "DELETE FROM contents WHERE id = ? AND NOT EXISTS (SELECT 1 FROM entries WHERE message = ?)",
    message,
    message,
  ) > 0;
}

/** So much is removed in one transaction at most (but at least one message). */
const CLEAR_MESSAGES = 200;
const CLEAR_BYTES = 4 * 1024 * 1024;

/** Removes some of the discarded messages that no mailbox has. True if there may be more. */
export function clearDiscarded(db: Database): boolean {
  const discarded = db.all<{ message: number; length: number }>(
    "SELECT message, length FROM discarded JOIN contents ON id = message LIMIT ?",
    CLEAR_MESSAGES,
  );
  let bytes = 0;
  for (const { message, length } of discarded) {
    if (bytes > CLEAR_BYTES) return true;
    removeUnreferenced(db, message);
    db.run("DELETE FROM discarded WHERE message = ?", message);
    bytes += length;
  }
  return discarded.length === CLEAR_MESSAGES;
}
