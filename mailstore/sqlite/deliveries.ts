/** Deliveries, whole and in pieces, as SQL. All run inside a transaction. */

import { concat, equalBytes } from "../../crypto/bytes.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { distinct, TAG_BYTES } from "../arguments.ts";
import {
  type Commit,
  type CommitOutcome,
  type Delivery,
  type DeliveryOutcome,
  type Piece,
  STAGE_LIFETIME_MS,
  type StageLimits,
  type StageOutcome,
  type Upload,
} from "../store.ts";
import type { Database } from "./database.ts";
import {
  addEntries,
  addPieces,
  createContent,
  createMessage,
  duplicateOf,
  findMessage,
  resolveRecipients,
} from "./messages.ts";

export function deliver(db: Database, delivery: Delivery): DeliveryOutcome {
  const present = findMessage(db, delivery.messageId);
  if (present !== undefined) {
    if (!equalBytes(present.digest, delivery.digest)) return { outcome: "id_reused" };
    return duplicateOf(db, present);
  }
  const { recipients, refused } = resolveRecipients(db, delivery.mailboxes);
  if (refused.length > 0) return { outcome: "refused", tags: refused };
  const id = createContent(db, delivery.content.length);
  addPieces(db, { content: id, start: 0, data: delivery.content });
  createMessage(db, id, { ...delivery, uploadedBy: null });
  const { meta, own = null } = delivery;
  return { outcome: "stored", meta, entries: addEntries(db, id, { recipients, own }) };
}

/** An upload as it is kept. */
interface UploadRow {
  readonly content: number;
  readonly length: number;
  readonly digest: Bytes;
}

function findUpload(db: Database, owner: Bytes, messageId: Bytes): UploadRow | undefined {
  return db.get<UploadRow>(
    `SELECT content, length, digest FROM uploads JOIN contents ON id = content
     WHERE owner = ? AND message_id = ?`,
    owner,
    messageId,
  );
}

/** How many bytes of a content are there: where its last piece ends. */
function receivedBytes(db: Database, content: number): number {
  return db.get<{ end: number }>(
    `SELECT start + length(data) AS "end" FROM content_pieces WHERE content = ?
     ORDER BY start DESC LIMIT 1`,
    content,
  )?.end ?? 0;
}

export function dropExpiredUploads(db: Database, now: number): void {
  db.run(
    "DELETE FROM contents WHERE id IN (SELECT content FROM uploads WHERE started <= ?)",
    now - STAGE_LIFETIME_MS,
  );
}

export function stage(db: Database, upload: Upload, limits: StageLimits): StageOutcome {
  dropExpiredUploads(db, upload.now);
  const present = findMessage(db, upload.messageId);
  if (present !== undefined) {
    return { outcome: equalBytes(present.digest, upload.digest) ? "done" : "id_reused" };
  }
  const begun = findUpload(db, upload.owner, upload.messageId);
  if (begun !== undefined) {
    const same = equalBytes(begun.digest, upload.digest) && begun.length === upload.contentLength;
    if (!same) return { outcome: "id_reused" };
    return { outcome: "staged", received: receivedBytes(db, begun.content) };
  }
  if (upload.contentLength > limits.bytesPerOwner) return { outcome: "too_large" };
  const { refused } = resolveRecipients(db, upload.mailboxes);
  if (refused.length > 0) return { outcome: "refused", tags: refused };
  makeRoom(db, upload, limits);
  db.run(
    `INSERT INTO uploads (content, owner, message_id, started, digest, mailboxes, header, summary)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    createContent(db, upload.contentLength),
    upload.owner,
    upload.messageId,
    upload.now,
    upload.digest,
    concat(...distinct(upload.mailboxes)),
    upload.header,
    upload.summary,
  );
  return { outcome: "staged", received: 0 };
}

/** Drops the owner's oldest uploads until the new one fits. */
function makeRoom(db: Database, upload: Upload, limits: StageLimits): void {
  const uploads = db.all<{ content: number; length: number }>(
    `SELECT content, length FROM uploads JOIN contents ON id = content
     WHERE owner = ? ORDER BY started, content`,
    upload.owner,
  );
  let bytes = uploads.reduce((sum, { length }) => sum + length, upload.contentLength);
  while (uploads.length >= limits.uploadsPerOwner || bytes > limits.bytesPerOwner) {
    const oldest = uploads.shift();
    if (oldest === undefined) return;
    bytes -= oldest.length;
    db.run("DELETE FROM contents WHERE id = ?", oldest.content);
  }
}

export function appendContent(db: Database, piece: Piece): number | null {
  const upload = findUpload(db, piece.owner, piece.messageId);
  if (upload === undefined) return null;
  const received = receivedBytes(db, upload.content);
  const end = piece.offset + piece.data.length;
  if (piece.offset !== received || end > upload.length) return received;
  addPieces(db, { content: upload.content, start: received, data: piece.data });
  return end;
}

export function commitStaged(db: Database, commit: Commit): CommitOutcome {
  const present = findMessage(db, commit.messageId);
  const upload = findUpload(db, commit.owner, commit.messageId);
  if (upload === undefined) {
    const own = present?.uploadedBy && equalBytes(present.uploadedBy, commit.owner);
    return present !== undefined && own ? duplicateOf(db, present) : { outcome: "not_staged" };
  }
  const received = receivedBytes(db, upload.content);
  if (received < upload.length) return { outcome: "incomplete", received };
  if (present !== undefined) {
    db.run("DELETE FROM contents WHERE id = ?", upload.content);
    if (!equalBytes(present.digest, upload.digest)) return { outcome: "id_reused" };
    return duplicateOf(db, present);
  }
  return finishUpload(db, upload, commit);
}

function finishUpload(db: Database, upload: UploadRow, commit: Commit): CommitOutcome {
  const { content, digest } = upload;
  const parts = db.get<{ mailboxes: Bytes; header: Bytes; summary: Bytes }>(
    "SELECT mailboxes, header, summary FROM uploads WHERE content = ?",
    content,
  )!;
  const { recipients, refused } = resolveRecipients(db, splitTags(parts.mailboxes));
  if (refused.length > 0) return { outcome: "refused", tags: refused };
  db.run("DELETE FROM uploads WHERE content = ?", content);
  const { messageId, meta, owner, own: sealed = null } = commit;
  const own = sealed === null ? null : { tag: owner, sealed };
  const { header, summary } = parts;
  createMessage(db, content, { messageId, digest, meta, header, summary, uploadedBy: owner });
  return { outcome: "stored", meta, entries: addEntries(db, content, { recipients, own }) };
}

function splitTags(joined: Bytes): Bytes[] {
  const tags: Bytes[] = [];
  for (let at = 0; at < joined.length; at += TAG_BYTES) {
    tags.push(joined.slice(at, at + TAG_BYTES));
  }
  return tags;
}
