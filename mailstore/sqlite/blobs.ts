/** Blobs as SQL. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { BlobChange, BlobInfo, BlobOutcome } from "../blob_store.ts";
import { accountRow } from "./accounts.ts";
import type { Database } from "./database.ts";

export function putBlob(db: Database, tag: Bytes, change: BlobChange): BlobOutcome {
  const { name, revision, sealed, maxTotalBytes } = change;
  const account = accountRow(db, tag)?.id;
  if (account === undefined) return { outcome: "conflict" };
  const present = db.get<{ id: number; revision: number; bytes: number }>(
    "SELECT id, revision, length(sealed) AS bytes FROM blobs WHERE account = ? AND name = ?",
    account,
    name,
  );
  if ((present?.revision ?? 0) !== revision) return { outcome: "conflict" };
  const { total } = db.get<{ total: number }>(
    "SELECT coalesce(sum(length(sealed)), 0) AS total FROM blobs WHERE account = ?",
    account,
  )!;
  if (total - (present?.bytes ?? 0) + sealed.length > maxTotalBytes) {
    return { outcome: "too_large" };
  }
  if (present === undefined) {
    db.run(
      "INSERT INTO blobs (account, name, revision, sealed) VALUES (?, ?, 1, ?)",
      account,
      name,
      sealed,
    );
  } else {
    const { id } = present;
    db.run("UPDATE blobs SET revision = revision + 1, sealed = ? WHERE id = ?", sealed, id);
  }
  return { outcome: "saved", revision: revision + 1 };
}

export function readBlob(
  db: Database,
  tag: Bytes,
  name: Bytes,
): { revision: number; sealed: Bytes } | null {
  const row = db.get<{ revision: number; sealed: Bytes }>(
    `SELECT blobs.revision, sealed FROM blobs JOIN accounts ON accounts.id = account
     WHERE tag = ? AND name = ?`,
    tag,
    name,
  );
  return row === undefined ? null : { ...row };
}

export function listBlobs(
  db: Database,
  tag: Bytes,
  { after, limit }: { after: Bytes | null; limit: number },
): BlobInfo[] {
  const account = accountRow(db, tag)?.id;
  if (account === undefined) return [];
  return db.all<BlobInfo>(
    `SELECT name, revision, length(sealed) AS bytes FROM blobs WHERE account = ? AND name > ?
     ORDER BY name LIMIT ?`,
    account,
    after ?? new Uint8Array(0),
    limit,
  ).map((row) => ({ ...row }));
}

export function removeBlob(
  db: Database,
  tag: Bytes,
  { name, revision }: { name: Bytes; revision: number },
): boolean {
  return db.run(
    `DELETE FROM blobs WHERE name = ? AND revision = ?
     AND account = (SELECT id FROM accounts WHERE tag = ?)`,
    name,
    revision,
    tag,
  ) > 0;
}
