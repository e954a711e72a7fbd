/**
 * The vault: everything that has keys and disk, put together. It runs in a worker of its own
 * (../vault_worker.ts); what reaches it are typed calls of session workers, each through its port,
 * and the orders of the front door.
 */

import { equalBytes } from "../../crypto/bytes.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { passwordReady } from "../../crypto/password_identifiers.ts";
import { registrationResponse } from "../../crypto/password_server.ts";
import type { Clock } from "../../crypto/tick.ts";
import { type ErrorCode, ServerError } from "../../protocol/error_codes.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { openSqliteStore } from "../../mailstore/sqlite_store.ts";
import { type DataPaths, dataPaths, isSetUp, lockDataFolder } from "../data_folder.ts";
import type { Office } from "../handlers/handler.ts";
import type { Log } from "../log.ts";
import { Accounts } from "./accounts.ts";
import { AtRest } from "./at_rest.ts";
import { LoginThrottle } from "./login_throttle.ts";
import { LoginTickets } from "./login_tickets.ts";
import { currentChain } from "./identity_chain.ts";
import { KeyLog } from "./key_log.ts";
import { Logins } from "./login.ts";
import { Recoveries } from "./recovery.ts";
import { Registrations } from "./registration.ts";
import { type Port, type PortOptions, VaultConnection } from "./ports.ts";
import { createServerKeys, ServerKeys } from "./server_keys.ts";
import { type OpenSession, Sessions } from "./sessions.ts";
import { TryTags } from "./try_tags.ts";

/** What the vault is told when it opens. */
export interface VaultSettings {
  /** Path of the data folder, which is there. */
  readonly data: string;
  readonly maxSessions: number;
  readonly maxSessionsPerUser: number;
  readonly maxMessageBytes: number;
  /** Opens the key file, or seals that of a new server. Never logged, and not kept. */
  readonly keyPassphrase: string | null;
}

/** What an opened vault is like. */
export interface VaultInfo {
  /** The keys were made now. */
  readonly isNew: boolean;
  /** Of the server's root key, as people compare it. */
  readonly fingerprint: string;
  readonly users: number;
}

/** What the front door wants to know of a connection. */
export type ConnectionWatcher = Pick<PortOptions, "onUser" | "onEnd">;

export interface VaultEdge {
  readonly clock: Clock;
  readonly log: Log;
}

/** An open vault. */
export class Vault {
  readonly #store: MailStore;
  readonly #lock: Deno.FsFile;
  readonly #keys: ServerKeys;
  readonly #log: Log;
  readonly #sessions: Sessions;
  readonly #accounts: Accounts;
  readonly #keyLog: KeyLog;
  readonly #ports: Omit<PortOptions, keyof ConnectionWatcher>;
  readonly #connections = new Map<number, VaultConnection>();
  #seenVersion = -1;
  /** The last look for changes. */
  #noticing: Promise<void> = Promise.resolve();

  /**
   * Opens the data folder, or sets a new one up.
   *
   * @throws {DataFolderError} in use, unsafe or damaged
   * @throws {StoreError}
   */
  static async open(
    settings: VaultSettings,
    edge: VaultEdge,
  ): Promise<{ vault: Vault; info: VaultInfo }> {
    const paths = dataPaths(settings.data);
    const lock = lockDataFolder(paths);
    try {
      const [{ keys, isNew }] = await Promise.all([
        openKeys(paths, settings.keyPassphrase, edge.clock),
        passwordReady(),
      ]);
      const store = await openSqliteStore(paths.store, { now: edge.clock.now() });
      const vault = new Vault({ settings, edge, lock, keys, store });
      const users = (await store.accounts()).length;
      const fingerprint = formatFingerprint(keys.record.realm);
      return { vault, info: { isNew, fingerprint, users } };
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  private constructor(
    { settings, edge, lock, keys, store }: {
      settings: VaultSettings;
      edge: VaultEdge;
      lock: Deno.FsFile;
      keys: ServerKeys;
      store: MailStore;
    },
  ) {
    const { clock, log } = edge;
    const atRest = new AtRest(keys.secrets.databaseKey);
    const keyLog = new KeyLog({
      ...{ store, atRest, signing: keys.secrets.signing, realm: keys.record.realm },
      now: () => clock.now(),
    });
    const accounts = new Accounts({ store, atRest, keyLog });
    const sessions = new Sessions({
      maxSessions: settings.maxSessions,
      maxPerUser: settings.maxSessionsPerUser,
    });
    const throttle = new LoginThrottle(store, () => clock.now());
    const tickets = new LoginTickets(keys.secrets.databaseKey);
    const tryTags = new TryTags(keys.secrets.databaseKey);
    const office: Office = {
      store,
      accounts,
      atRest,
      keyLog,
      maxMessageBytes: settings.maxMessageBytes,
      now: () => clock.now(),
      announce: (messageId, entries) => sessions.announce(messageId, entries),
      tellChanged: (session) => sessions.tellChanged(session),
      endSessions: (tag, code, except) => sessions.endAll(tag, code, except),
      tickets,
      passwordResponse: (user, request) =>
        registrationResponse(keys.secrets.opaqueSetup, user, request),
      async allow(kind, user) {
        const counted = await throttle.begin(tryTags.tagOf(kind, user));
        if (counted === null) throw new ServerError("too_often");
      },
    };
    this.#store = store;
    this.#lock = lock;
    this.#keys = keys;
    this.#log = log;
    this.#sessions = sessions;
    this.#accounts = accounts;
    this.#keyLog = keyLog;
    const logins = new Logins({ accounts, throttle, tickets, tryTags, keys, clock });
    const recoveries = new Recoveries({ accounts, throttle, tryTags, keys, clock });
    const registrations = new Registrations({ accounts, keyLog, keys, clock });
    this.#ports = { keys, logins, registrations, recoveries, sessions, office, log };
  }

  /** Takes the port of a new connection. */
  connect(id: number, port: Port, watcher: ConnectionWatcher): void {
    this.#connections.set(id, new VaultConnection(port, { ...this.#ports, ...watcher }));
  }

  /** The connection has ended. */
  disconnect(id: number): void {
    this.#connections.get(id)?.close();
    this.#connections.delete(id);
  }

  /** Tells every session that the server shuts down. */
  drain(): void {
    for (const connection of this.#connections.values()) connection.drain();
  }

  /** Looks whether an administrator has changed something; ends sessions that may no longer be. */
  noticeChanges(): Promise<void> {
    this.#noticing = this.#notice();
    return this.#noticing;
  }

  async #notice(): Promise<void> {
    const version = await this.#store.dataVersion();
    if (version === this.#seenVersion) return;
    for (const session of this.#sessions.all()) {
      const reason = await this.#endOf(session);
      if (reason !== null) session.end(reason);
    }
    // Not before: what could not be looked at is looked at again the next time.
    this.#seenVersion = version;
    await this.#keyLog.refresh();
  }

  /** Why a session may no longer be; null: it may. */
  async #endOf({ user, fingerprint }: OpenSession): Promise<ErrorCode | null> {
    const account = await this.#accounts.find(user);
    if (account === null || account.status === "disabled") return "disabled";
    // A session that changes its own keys goes on; a reset is the end of it.
    const mine = currentChain(await this.#accounts.identityRecords(user));
    const isMine = mine.some((record) => equalBytes(record.fingerprint, fingerprint));
    return account.status === "active" && isMine ? null : "credentials_changed";
  }

  /** Replaces the KEM key and the server record when it is time to. */
  async renewKeys(): Promise<void> {
    if (await this.#keys.renewIfDue()) this.#tellRenewed();
  }

  /** Looks whether an administrator has replaced the KEM key and the server record. */
  async noticeKeys(): Promise<void> {
    if (await this.#keys.refresh()) this.#tellRenewed();
  }

  #tellRenewed(): void {
    this.#log.info("server_record_renewed", { seq: this.#keys.record.seq });
  }

  /** Ends everything. Resolves when the store is closed and the folder free. */
  async close(): Promise<void> {
    for (const id of [...this.#connections.keys()]) this.disconnect(id);
    await this.#noticing.catch(() => {});
    await this.#keyLog.settled();
    await this.#store.close();
    this.#lock.close();
  }
}

async function openKeys(
  paths: DataPaths,
  passphrase: string | null,
  clock: Clock,
): Promise<{ keys: ServerKeys; isNew: boolean }> {
  const isNew = !isSetUp(paths);
  if (isNew) {
    await passwordReady();
    await createServerKeys(paths, { now: clock.now(), passphrase });
  }
  return { keys: await ServerKeys.open(paths, clock, passphrase), isNew };
}
