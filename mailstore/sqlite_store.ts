/**
 * The mail store in one SQLite file. Mutations go through group commit; reads run at once and see
 * everything that has been acknowledged. One object a process is enough; several processes may have
 * the same file open.
 */

import { setTimeout } from "node:timers/promises";
import type { Bytes } from "../crypto/bytes.ts";
import * as check from "./arguments.ts";
import type { BlobChange, BlobInfo, BlobOutcome } from "./blob_store.ts";
import type { LogAppend, LoggedRecord } from "./log_store.ts";
import type {
  Changes,
  ChangesWanted,
  ContentRange,
  Entry,
  EntryChange,
  EntryChangeResult,
  EntryPage,
  MailParts,
  Page,
  SealedState,
  WantedEntries,
} from "./mailbox_store.ts";
import { changeAccount } from "./sqlite/account_change.ts";
import * as accounts from "./sqlite/accounts.ts";
import { type Database, storeError } from "./sqlite/database.ts";
import * as blobs from "./sqlite/blobs.ts";
import { listChanges } from "./sqlite/changes.ts";
import * as deliveries from "./sqlite/deliveries.ts";
import { closed, GroupCommit } from "./sqlite/group_commit.ts";
import * as log from "./sqlite/log.ts";
import * as mailboxes from "./sqlite/mailboxes.ts";
import { clearDiscarded } from "./sqlite/messages.ts";
import { openDatabase } from "./sqlite/open_database.ts";
import { verifyDatabase } from "./sqlite/verify.ts";
import * as store from "./store.ts";

/**
 * Opens the store in the file at `path`, or makes it with mode 0600. The folder must exist.
 * Throws StoreError: `store_newer`, `store_foreign`, `store_corrupt`, `store_busy`, `store_failed`.
 */
export async function openSqliteStore(
  path: string,
  options: store.OpenOptions,
): Promise<store.MailStore> {
  const sqliteStore = new SqliteStore(openDatabase(path), options);
  try {
    await sqliteStore.tidy(options.now);
  } catch (error) {
    await sqliteStore.close();
    throw error;
  }
  return sqliteStore;
}

class SqliteStore implements store.MailStore {
  readonly #db: Database;
  readonly #group: GroupCommit;
  readonly #limits: store.StageLimits;
  readonly #maxRemovals: number;
  #closing: Promise<void> | undefined;

  constructor(database: Database, options: store.OpenOptions) {
    this.#db = database;
    this.#group = new GroupCommit(database);
    this.#limits = options.stageLimits ?? store.DEFAULT_STAGE_LIMITS;
    this.#maxRemovals = options.maxRemovals ?? store.MAX_REMOVALS;
  }

  /** A read: what `query` returns, with SQLite's errors translated. */
  #read<Result>(query: (db: Database) => Result): Result {
    if (this.#closing !== undefined) throw closed(this.#db.path);
    try {
      return query(this.#db);
    } catch (error) {
      throw storeError(error, this.#db.path, "read from it");
    }
  }

  #write<Result>(action: string, operation: (db: Database) => Result): Promise<Result> {
    return this.#group.submit(action, () => operation(this.#db));
  }

  /** Finishes what an earlier process left: expired uploads, messages of removed accounts. */
  async tidy(now: number): Promise<void> {
    await this.#write("drop uploads", (db) => deliveries.dropExpiredUploads(db, now));
    await this.#clearDiscarded();
  }

  /**
   * Pauses after each transaction as long as it took, so that other processes get their turn.
   * Stops when the store is closed: the next opening goes on.
   */
  async #clearDiscarded(): Promise<void> {
    while (this.#closing === undefined) {
      const start = performance.now();
      if (!await this.#write("remove messages", clearDiscarded)) return;
      await setTimeout(performance.now() - start);
    }
  }

  async account(tag: Bytes): Promise<store.Account | null> {
    check.checkTags([tag]);
    return await this.#read((db) => accounts.readAccount(db, tag));
  }

  async accounts(): Promise<store.AccountSummary[]> {
    return await this.#read(accounts.readAccounts);
  }

  async saveAccount(
    account: Omit<store.Account, "version">,
    expectedVersion: number | null,
  ): Promise<number | null> {
    check.checkTags([account.tag]);
    return await this.#write(
      "save an account",
      (db) => accounts.saveAccount(db, account, expectedVersion),
    );
  }

  async changeAccount(change: store.AccountChange): Promise<store.AccountChangeOutcome> {
    check.checkAccountChange(change);
    const outcome = await this.#write("change an account", (db) => changeAccount(db, change));
    const discards = change.account === null || change.empties === true;
    if (outcome === "changed" && discards) await this.#clearDiscarded();
    return outcome;
  }

  async removeAccount(tag: Bytes): Promise<boolean> {
    check.checkTags([tag]);
    const removed = await this.#write("remove an account", (db) => accounts.removeAccount(db, tag));
    if (removed) await this.#clearDiscarded();
    return removed;
  }

  async putInvite(invite: store.Invite): Promise<boolean> {
    check.checkInvite(invite);
    check.checkCount("the end of an invite", invite.expires);
    return await this.#write("save an invite", (db) => accounts.putInvite(db, invite));
  }

  async peekInvite(claim: store.InviteClaim): Promise<store.InviteOutcome> {
    check.checkInvite(claim);
    return await this.#read((db) => accounts.peekInvite(db, claim));
  }

  async register(registration: store.Registration): Promise<store.RegistrationOutcome> {
    check.checkInvite(registration);
    check.checkLog(registration.log);
    return await this.#write("register an account", (db) => accounts.register(db, registration));
  }

  async identityTags(): Promise<Bytes[]> {
    return await this.#read(accounts.readIdentityTags);
  }

  async identities(tags: readonly Bytes[]): Promise<Bytes[][]> {
    check.checkTags(tags);
    return await this.#read((db) => db.snapshot(() => accounts.readIdentities(db, tags)));
  }

  async attempts(tag: Bytes): Promise<store.Attempts> {
    check.checkTags([tag]);
    return await this.#read((db) => accounts.readAttempts(db, tag));
  }

  async saveAttempts(tag: Bytes, attempts: store.Attempts): Promise<void> {
    check.checkTags([tag]);
    check.checkAttempts(attempts);
    await this.#write("save login attempts", (db) => accounts.saveAttempts(db, tag, attempts));
  }

  async logSize(): Promise<number> {
    return await this.#read(log.logSize);
  }

  async appendLog(entries: readonly LogAppend[]): Promise<boolean> {
    check.checkLog(entries);
    return await this.#write("append to the log", (db) => log.appendLog(db, entries));
  }

  async logEntries(from: number, limit: number): Promise<Bytes[]> {
    check.checkCount("the first log entry", from);
    check.checkCount("the number of log entries", limit);
    return await this.#read((db) => log.logEntries(db, from, limit));
  }

  async logRecords(tag: Bytes): Promise<LoggedRecord[]> {
    check.checkTags([tag]);
    return await this.#read((db) => log.logRecords(db, tag));
  }

  async deliver(delivery: store.Delivery): Promise<store.DeliveryOutcome> {
    check.checkEnvelope(delivery);
    return await this.#write("deliver a message", (db) => deliveries.deliver(db, delivery));
  }

  async stage(upload: store.Upload): Promise<store.StageOutcome> {
    check.checkUpload(upload);
    return await this.#write("begin an upload", (db) => deliveries.stage(db, upload, this.#limits));
  }

  async appendContent(piece: store.Piece): Promise<number | null> {
    check.checkPiece(piece);
    return await this.#write("go on with an upload", (db) => deliveries.appendContent(db, piece));
  }

  async commitStaged(commit: store.Commit): Promise<store.CommitOutcome> {
    check.checkTags([commit.owner]);
    check.checkMessageIds([commit.messageId]);
    return await this.#write("finish an upload", (db) => deliveries.commitStaged(db, commit));
  }

  async listEntries(tag: Bytes, page: Page): Promise<EntryPage> {
    check.checkPage(tag, page);
    return await this.#read((db) => db.snapshot(() => mailboxes.listEntries(db, tag, page)));
  }

  async listChanges(tag: Bytes, wanted: ChangesWanted): Promise<Changes> {
    check.checkChangesWanted(tag, wanted);
    return await this.#read((db) => db.snapshot(() => listChanges(db, tag, wanted)));
  }

  async findEntries(tag: Bytes, wanted: WantedEntries): Promise<Entry[]> {
    check.checkTags([tag]);
    for (const index of wanted.indices) check.checkCount("an index", index);
    check.checkMessageIds(wanted.messageIds);
    return await this.#read((db) => db.snapshot(() => mailboxes.findEntries(db, tag, wanted)));
  }

  async mailParts(
    tag: Bytes,
    messageIds: readonly Bytes[],
    { maxBytes }: { maxBytes?: number } = {},
  ): Promise<MailParts[]> {
    check.checkTags([tag]);
    check.checkMessageIds(messageIds);
    const wanted = { messageIds, maxBytes };
    return await this.#read((db) => db.snapshot(() => mailboxes.mailParts(db, tag, wanted)));
  }

  async readContent(
    tag: Bytes,
    range: ContentRange,
  ): Promise<{ data: Bytes; total: number } | null> {
    check.checkRange(tag, range);
    return await this.#read((db) => db.snapshot(() => mailboxes.readContent(db, tag, range)));
  }

  async putEntries(
    tag: Bytes,
    items: readonly EntryChange[],
  ): Promise<EntryChangeResult[]> {
    check.checkChanges(tag, items);
    return await this.#write("save entries", (db) => mailboxes.putEntries(db, tag, items));
  }

  async removeEntries(tag: Bytes, messageIds: readonly Bytes[]): Promise<number> {
    check.checkTags([tag]);
    check.checkMessageIds(messageIds);
    return await this.#write(
      "remove entries",
      (db) => mailboxes.removeEntries(db, tag, { messageIds, maxRemovals: this.#maxRemovals }),
    );
  }

  async state(tag: Bytes): Promise<SealedState> {
    check.checkTags([tag]);
    return await this.#read((db) => mailboxes.readState(db, tag));
  }

  async saveState(tag: Bytes, revision: number, sealed: Bytes): Promise<number | null> {
    check.checkTags([tag]);
    check.checkCount("a revision", revision);
    return await this.#write(
      "save an account's state",
      (db) => mailboxes.saveState(db, tag, { revision, sealed }),
    );
  }

  async putBlob(tag: Bytes, change: BlobChange): Promise<BlobOutcome> {
    check.checkBlob(tag, change);
    return await this.#write("save a blob", (db) => blobs.putBlob(db, tag, change));
  }

  async blob(tag: Bytes, name: Bytes): Promise<{ revision: number; sealed: Bytes } | null> {
    check.checkBlob(tag, { name, revision: 0 });
    return await this.#read((db) => blobs.readBlob(db, tag, name));
  }

  async blobs(tag: Bytes, page: { after: Bytes | null; limit: number }): Promise<BlobInfo[]> {
    check.checkTags([tag]);
    check.checkCount("the number of blobs to list", page.limit);
    return await this.#read((db) => blobs.listBlobs(db, tag, page));
  }

  async removeBlob(tag: Bytes, name: Bytes, revision: number): Promise<boolean> {
    check.checkBlob(tag, { name, revision });
    return await this.#write(
      "remove a blob",
      (db) => blobs.removeBlob(db, tag, { name, revision }),
    );
  }

  async dataVersion(): Promise<number> {
    return await this.#read((db) =>
      db.get<{ data_version: number }>("PRAGMA data_version")!.data_version
    );
  }

  async verify(): Promise<string[]> {
    return await this.#read(verifyDatabase);
  }

  close(): Promise<void> {
    this.#closing ??= this.#group.close().then(() => this.#db.close());
    return this.#closing;
  }
}
