/**
 * A mail store that forgets everything when it is closed: for tests, and the model that the other
 * engines are compared with. Slow where simple is better (it searches mailboxes line by line).
 */

import { StoreError } from "./errors.ts";
import { MemoryAccounts } from "./memory/accounts.ts";
import { MemoryBlobs } from "./memory/blobs.ts";
import { MemoryDeliveries } from "./memory/deliveries.ts";
import { MemoryLog } from "./memory/log.ts";
import { MemoryMailboxes } from "./memory/mailboxes.ts";
import { type Sync, Tables } from "./memory/tables.ts";
import { verifyTables } from "./memory/verify.ts";
import { DEFAULT_STAGE_LIMITS, type MailStore, MAX_REMOVALS, type OpenOptions } from "./store.ts";

/** Opens an empty store. */
export function openMemoryStore(options: OpenOptions): Promise<MailStore> {
  const tables = new Tables();
  const accounts = new MemoryAccounts(tables);
  const log = new MemoryLog(tables);
  const deliveries = new MemoryDeliveries(tables, options.stageLimits ?? DEFAULT_STAGE_LIMITS);
  const mailboxes = new MemoryMailboxes(tables, options.maxRemovals ?? MAX_REMOVALS);
  const blobs = new MemoryBlobs(tables);
  let open = true;

  /** The same function, run in its turn, with what it throws as a rejection. */
  const step =
    <Arguments extends unknown[], Result>(work: (...args: Arguments) => Result) =>
    async (...args: Arguments): Promise<Result> => {
      if (!open) throw new StoreError("store_closed", "Mail store in memory: is closed");
      return await work(...args);
    };

  const steps: Sync<Omit<MailStore, "close">> = {
    account: (tag) => accounts.account(tag),
    accounts: () => accounts.accounts(),
    saveAccount: (account, version) => accounts.saveAccount(account, version),
    changeAccount: (change) => accounts.changeAccount(change),
    removeAccount: (tag) => accounts.removeAccount(tag),
    putInvite: (invite) => accounts.putInvite(invite),
    peekInvite: (claim) => accounts.peekInvite(claim),
    register: (registration) => accounts.register(registration),
    identities: (tags) => accounts.identities(tags),
    identityTags: () => accounts.identityTags(),
    attempts: (tag) => accounts.attempts(tag),
    saveAttempts: (tag, attempts) => accounts.saveAttempts(tag, attempts),
    logSize: () => log.logSize(),
    appendLog: (entries) => log.appendLog(entries),
    logEntries: (from, limit) => log.logEntries(from, limit),
    logRecords: (tag) => log.logRecords(tag),
    deliver: (delivery) => deliveries.deliver(delivery),
    stage: (upload) => deliveries.stage(upload),
    appendContent: (piece) => deliveries.appendContent(piece),
    commitStaged: (commit) => deliveries.commitStaged(commit),
    listEntries: (tag, page) => mailboxes.listEntries(tag, page),
    listChanges: (tag, wanted) => mailboxes.listChanges(tag, wanted),
    findEntries: (tag, wanted) => mailboxes.findEntries(tag, wanted),
    mailParts: (tag, messageIds, options) => mailboxes.mailParts(tag, messageIds, options),
    readContent: (tag, range) => mailboxes.readContent(tag, range),
    putEntries: (tag, items) => mailboxes.putEntries(tag, items),
    removeEntries: (tag, messageIds) => mailboxes.removeEntries(tag, messageIds),
    state: (tag) => mailboxes.state(tag),
    saveState: (tag, revision, sealed) => mailboxes.saveState(tag, revision, sealed),
    putBlob: (tag, change) => blobs.putBlob(tag, change),
    blob: (tag, name) => blobs.blob(tag, name),
    blobs: (tag, page) => blobs.blobs(tag, page),
    removeBlob: (tag, name, revision) => blobs.removeBlob(tag, name, revision),
    dataVersion: () => 1,
    verify: () => verifyTables(tables),
  };
  const methods = Object.fromEntries(
    Object.entries(steps).map(([name, work]) => [name, step(work as () => unknown)]),
  ) as unknown as Omit<MailStore, "close">;
  return Promise.resolve({
    ...methods,
    close: () => {
      open = false;
      return Promise.resolve();
    },
  });
}
