/** Accounts, invites, identity records and failed logins as SQL. All run inside a transaction. */

import type { Bytes } from "../../crypto/bytes.ts";
import { equalBytes } from "../../crypto/bytes.ts";
import {
  type Account,
  type AccountStatus,
  type AccountSummary,
  type Attempts,
  type Invite,
  type InviteClaim,
  type InviteOutcome,
  MAX_ATTEMPT_TAGS,
  type Registration,
  type RegistrationOutcome,
} from "../store.ts";
import type { Database } from "./database.ts";
import { appendLog } from "./log.ts";

/** The internal number and the status of an account. */
export interface AccountRow {
  readonly id: number;
  readonly status: AccountStatus;
}

export function accountRow(db: Database, tag: Bytes): AccountRow | undefined {
  return db.get<AccountRow>("SELECT id, status FROM accounts WHERE tag = ?", tag);
}

export function readAccount(db: Database, tag: Bytes): Account | null {
  const row = db.get<Account>(
    "SELECT tag, status, version, profile, login, bundle FROM accounts WHERE tag = ?",
    tag,
  );
  return row === undefined ? null : { ...row };
}

export function readAccounts(db: Database): AccountSummary[] {
  return db.all<AccountSummary>("SELECT tag, status, version, profile FROM accounts ORDER BY id")
    .map((row) => ({ ...row }));
}

export function saveAccount(
  db: Database,
  account: Omit<Account, "version">,
  expectedVersion: number | null,
): number | null {
  const { tag, status, profile, login, bundle } = account;
  if (expectedVersion === null) {
    const row = db.get<{ id: number }>(
      `INSERT INTO accounts (tag, status, version, profile, login, bundle)
       VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
      tag,
      status,
      profile,
      login,
      bundle,
    );
    if (row === undefined) return null;
    db.run("INSERT INTO mailboxes (account) VALUES (?)", row.id);
    return 1;
  }
  if (status === "invited") {
    db.run(
      `DELETE FROM invites WHERE account =
       (SELECT id FROM accounts WHERE tag = ? AND version = ? AND login IS NOT NULL)`,
      tag,
      expectedVersion,
    );
  }
  const changed = db.run(
    `UPDATE accounts SET status = ?, version = version + 1, profile = ?, login = ?, bundle = ?
     WHERE tag = ? AND version = ?`,
    status,
    profile,
    login,
    bundle,
    tag,
    expectedVersion,
  );
  return changed === 0 ? null : expectedVersion + 1;
}

/** Leaves the messages of the mailbox to `clearDiscarded`. */
export function removeAccount(db: Database, tag: Bytes): boolean {
  const account = accountRow(db, tag);
  if (account === undefined) return false;
  discardBelongings(db, tag, account.id);
  db.run("DELETE FROM accounts WHERE id = ?", account.id);
  return true;
}

/** Mailbox, state and invite go with the account or here; messages are left to `clearDiscarded`. */
export function emptyAccount(db: Database, tag: Bytes): void {
  const { id } = accountRow(db, tag)!;
  discardBelongings(db, tag, id);
  db.run("DELETE FROM entries WHERE mailbox = ?", id);
  db.run("DELETE FROM removals WHERE mailbox = ?", id);
  // Who has seen anything of the mailbox before has to start anew.
  db.run(
    `UPDATE mailboxes SET entry_count = 0, modseq = modseq + 1, forgotten = modseq + 1
     WHERE account = ?`,
    id,
  );
  db.run("DELETE FROM blobs WHERE account = ?", id);
  db.run("DELETE FROM states WHERE account = ?", id);
  db.run("DELETE FROM invites WHERE account = ?", id);
}

function discardBelongings(db: Database, tag: Bytes, account: number): void {
  db.run("DELETE FROM contents WHERE id IN (SELECT content FROM uploads WHERE owner = ?)", tag);
  db.run("DELETE FROM attempts WHERE tag = ?", tag);
  db.run(
    "INSERT OR IGNORE INTO discarded (message) SELECT message FROM entries WHERE mailbox = ?",
    account,
  );
}

export function putInvite(db: Database, { tag, tokenHash, expires }: Invite): boolean {
  return db.run(
    `INSERT INTO invites (account, token_hash, expires)
     SELECT id, ?, ? FROM accounts WHERE tag = ? AND status = 'invited'
     ON CONFLICT DO UPDATE SET token_hash = excluded.token_hash, expires = excluded.expires`,
    tokenHash,
    expires,
    tag,
  ) > 0;
}

export function peekInvite(db: Database, { tag, tokenHash, now }: InviteClaim): InviteOutcome {
  const row = db.get<{ hash: Bytes; expires: number; status: AccountStatus }>(
    `SELECT token_hash AS hash, expires, status FROM invites JOIN accounts ON id = account
     WHERE tag = ?`,
    tag,
  );
  if (row === undefined || !equalBytes(row.hash, tokenHash)) return "invite_unknown";
  if (row.status !== "invited") return "account_taken";
  return now < row.expires ? "valid" : "invite_expired";
}

export function register(db: Database, registration: Registration): RegistrationOutcome {
  const invite = peekInvite(db, registration);
  if (invite !== "valid") return invite;
  const { tag, account, identity, state, log } = registration;
  if (!appendLog(db, log)) return "log_conflict";
  const { id } = db.get<{ id: number }>(
    `UPDATE accounts SET status = 'registered', version = version + 1,
       profile = ?, login = ?, bundle = ? WHERE tag = ? RETURNING id`,
    account.profile,
    account.login,
    account.bundle,
    tag,
  )!;
  addIdentity(db, tag, identity);
  db.run(
    `INSERT INTO states (account, revision, sealed) VALUES (?, 1, ?)
     ON CONFLICT DO UPDATE SET revision = revision + 1, sealed = excluded.sealed`,
    id,
    state,
  );
  return "registered";
}

export function readIdentities(db: Database, tags: readonly Bytes[]): Bytes[][] {
  return tags.map((tag) =>
    db.all<{ record: Bytes }>(
      "SELECT record FROM identities WHERE tag = ? ORDER BY position",
      tag,
    ).map(({ record }) => record)
  );
}

export function readIdentityTags(db: Database): Bytes[] {
  return db.all<{ tag: Bytes }>("SELECT DISTINCT tag FROM identities ORDER BY tag")
    .map(({ tag }) => tag);
}

export function identityCount(db: Database, tag: Bytes): number {
  return db.get<{ count: number }>(
    "SELECT coalesce(max(position), 0) AS count FROM identities WHERE tag = ?",
    tag,
  )!.count;
}

export function addIdentity(db: Database, tag: Bytes, identity: Bytes): void {
  db.run(
    "INSERT INTO identities (tag, position, record) VALUES (?, ?, ?)",
    tag,
    identityCount(db, tag) + 1,
    identity,
  );
}

export function readAttempts(db: Database, tag: Bytes): Attempts {
  const row = db.get<Attempts>(
    "SELECT failed, blocked_until AS blockedUntil FROM attempts WHERE tag = ?",
    tag,
  );
  return row === undefined ? { failed: 0, blockedUntil: 0 } : { ...row };
}

export function saveAttempts(db: Database, tag: Bytes, attempts: Attempts): void {
  if (attempts.failed === 0 && attempts.blockedUntil === 0) {
    db.run("DELETE FROM attempts WHERE tag = ?", tag);
    return;
  }
  db.run(
    `INSERT INTO attempts (tag, failed, blocked_until) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET failed = excluded.failed, blocked_until = excluded.blocked_until`,
    tag,
    attempts.failed,
    attempts.blockedUntil,
  );
  const { count } = db.get<{ count: number }>("SELECT count(*) AS count FROM attempts")!;
  if (count <= MAX_ATTEMPT_TAGS) return;
  db.run(
    `DELETE FROM attempts WHERE tag IN
     (SELECT tag FROM attempts WHERE tag NOT IN (SELECT tag FROM accounts)
      ORDER BY blocked_until, tag LIMIT ?)`,
    count - MAX_ATTEMPT_TAGS,
  );
}
