/**
 * An account that is logged in: whose it is, its keys, its state, and its session, which is opened
 * anew when the connection was lost. The password stays in memory for that.
 */

import { accountMark } from "../crypto/account_mark.ts";
import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import type { ServerHello } from "../crypto/handshake_layout.ts";
import type { ClientSession } from "../protocol/client_session.ts";
import type { Message } from "../protocol/messages/message.ts";
import type { Access, AccountKeys } from "./access.ts";
import type { AccountCare } from "./account_care.ts";
import type { ServerAddress } from "./address.ts";
import { Care } from "./care/care.ts";
import type { CaredAccount } from "./care/cared_account.ts";
import type { ConfigStore } from "./config_store.ts";
import { connectProblem, isConnectionLoss } from "./connect_problem.ts";
import { begunAnew, isWrongPassword, passwordChanged } from "./changed_elsewhere.ts";
import { ConnectError } from "./errors.ts";
import type { SegmentStore } from "./index/segment_store.ts";
import { KeyLog } from "./key_log/key_log.ts";
import { type Credentials, type OpenedSession, openSession } from "./session.ts";
import { SessionEvents } from "./session_events.ts";
import { StateStore } from "./state_store.ts";

export type { ServerAddress } from "./address.ts";

/** What can be asked of a session. */
export type Requester = Pick<ClientSession, "request">;

/** What the mailbox needs of an account that is logged in. */
export interface OpenAccount {
  /** The user's name, in lower case. */
  readonly user: string;
  /** Fingerprint of the server's root key at its birth, 32 bytes. */
  readonly realm: Bytes;
  /** The newest ones: another device may replace them, and then the next session brings them. */
  readonly keys: AccountKeys;
  /** Of the user's signing key, 32 bytes; changes with `keys`. */
  readonly fingerprint: Bytes;
  /** What the server said about itself and its limits. */
  readonly hello: ServerHello;
  /** What sessions report on their own. */
  readonly events: SessionEvents;
  /** What the user's devices share. */
  readonly state: StateStore;
  /** The server's root key, 1984 bytes. */
  readonly rootKey: Bytes;
  /** This device's copy of the key log. */
  readonly log: KeyLog;
  /** Where this device keeps the account's indexes. */
  readonly indexStore: SegmentStore;
  /** Password, recovery, keys, devices, invites. */
  readonly care: AccountCare;

  /**
   * Asks the server; once more on a new connection when this one is lost, which is safe since no
   * request is done twice.
   *
   * @throws {ServerError} {ConnectError}
   */
  request<Request, Reply>(message: Message<string, Request, Reply>, body: Request): Promise<Reply>;

  /** Does some work that may be done again from its beginning, as `request` does. */
  withSession<T>(work: (session: Requester) => Promise<T>): Promise<T>;

  /** Waits until the state is written, says goodbye, and ends the connection. */
  close(): Promise<void>;
}

export class Account implements OpenAccount, CaredAccount {
  readonly user: string;
  readonly address: ServerAddress;
  readonly config: ConfigStore;
  readonly realm: Bytes;
  readonly rootKey: Bytes;
  readonly hello: ServerHello;
  readonly events: SessionEvents;
  readonly care: Care;
  readonly #enrolCode: Bytes | null;
  #password: string;
  #otherPassword: string | null = null;
  #access: Access;
  #fingerprint: Bytes;
  #opened: OpenedSession | null;
  #reopening: Promise<OpenedSession> | null = null;
  #state: StateStore | null = null;
  #log: KeyLog | null = null;
  #indexStore: SegmentStore | null = null;
  #closed = false;

  private constructor(credentials: Credentials, events: SessionEvents, opened: OpenedSession) {
    this.events = events;
    this.user = credentials.user;
    this.address = credentials.address;
    this.config = credentials.config;
    this.#password = credentials.password;
    this.#enrolCode = credentials.enrolCode ?? null;
    this.#opened = opened;
    this.#access = opened.access;
    this.#fingerprint = fingerprintOf(opened.access.keys.signer.publicKey);
    this.realm = opened.realm;
    this.rootKey = opened.rootKey;
    this.hello = opened.hello;
    this.care = new Care(this);
  }

  /**
   * Logs in to a pinned server, fetches the account's state and what is new in the key log, and
   * enrols this device if a code has let it in.
   *
   * @throws {ConnectError} {LoginError} {TrustError} {ConfigError}
   */
  static async open(credentials: Credentials): Promise<Account> {
    const events = new SessionEvents();
    const opened = await openSession(credentials, events.handlers);
    const account = new Account(credentials, events, opened);
    try {
      const { user, realm, keys: { bundleKey } } = account;
      const memory = credentials.config.stateMemory({ user, mark: accountMark(bundleKey) });
      account.#state = await StateStore.load(account.request, { user, realm, bundleKey, memory });
      account.#log = await KeyLog.open(account, credentials.config.keyLog({ realm, user }));
      await account.care.afterLogin(opened);
    } catch (error) {
      await account.close();
      throw connectProblem(account.address, error);
    }
    return account;
  }

  get state(): StateStore {
    if (this.#state === null) throw new Error("the account's state is not loaded yet");
    return this.#state;
  }

  get log(): KeyLog {
    if (this.#log === null) throw new Error("the key log is not open yet");
    return this.#log;
  }

  get keys(): AccountKeys {
    return this.#access.keys;
  }

  get indexStore(): SegmentStore {
    return this.#indexStore ??= this.config.indexStore(this.keys.bundleKey, this);
  }

  get fingerprint(): Bytes {
    return this.#fingerprint;
  }

  readonly request = <Request, Reply>(
    message: Message<string, Request, Reply>,
    body: Request,
  ): Promise<Reply> => this.withSession((session) => session.request(message, body));

  withSession<T>(work: (session: Requester) => Promise<T>): Promise<T> {
    return this.withAccess(work);
  }

  async withAccess<T>(work: (session: Requester, access: Access) => Promise<T>): Promise<T> {
    const used = this.#opened;
    if (used !== null) {
      try {
        return await work(used.session, this.#access);
      } catch (error) {
        if (!isConnectionLoss(error) || this.#closed) throw connectProblem(this.address, error);
      }
    }
    const { session } = await this.#reopen(used);
    try {
      return await work(session, this.#access);
    } catch (error) {
      throw connectProblem(this.address, error);
    }
  }

  async reopen(): Promise<void> {
    await this.#reopen(this.#opened);
  }

  isPassword(password: string): boolean {
    return password.normalize("NFC") === this.#password.normalize("NFC");
  }

  alsoTry(password: string): void {
    this.#otherPassword = password;
  }

  adopt(access: Access): void {
    // Another export key is another password: the one that was announced.
    if (!equalBytes(access.exportKey, this.#access.exportKey)) this.#swapPasswords();
    this.#access = access;
    this.#fingerprint = fingerprintOf(access.keys.signer.publicKey);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#state?.settled();
    this.#closed = true;
    this.events.clear();
    const opened = this.#opened ?? await this.#reopening?.catch(() => null);
    await opened?.close();
  }

  /** One new session in place of a lost one, however many requests need it at once. */
  #reopen(lost: OpenedSession | null): Promise<OpenedSession> {
    if (this.#closed) throw new ConnectError("closed", "The mailbox is closed.");
    if (this.#opened !== null && this.#opened !== lost) return Promise.resolve(this.#opened);
    this.#reopening ??= this.#openAgain().finally(() => this.#reopening = null);
    return this.#reopening;
  }

  async #openAgain(): Promise<OpenedSession> {
    const before = this.#opened;
    this.#opened = null;
    await before?.close();
    const opened = await this.#logInAgain();
    if (!equalBytes(opened.access.bundleKey, this.#access.bundleKey)) {
      await opened.close();
      throw begunAnew(this.user);
    }
    this.#access = opened.access;
    this.#fingerprint = fingerprintOf(opened.access.keys.signer.publicKey);
    return this.#opened = opened;
  }

  /** With the password; with the one that may have replaced it, when that was under way. */
  async #logInAgain(): Promise<OpenedSession> {
    try {
      return await this.#logIn();
    } catch (error) {
      if (!isWrongPassword(error)) throw error;
      if (this.#otherPassword === null) throw passwordChanged(this.user, error);
    }
    this.#swapPasswords();
    try {
      return await this.#logIn();
    } catch (error) {
      this.#swapPasswords();
      throw isWrongPassword(error) ? passwordChanged(this.user, error) : error;
    }
  }

  #logIn(): Promise<OpenedSession> {
    const { user, address, config } = this;
    const credentials = { user, address, config, password: this.#password };
    return openSession({ ...credentials, enrolCode: this.#enrolCode }, this.events.handlers);
  }

  #swapPasswords(): void {
    if (this.#otherPassword === null) return;
    [this.#password, this.#otherPassword] = [this.#otherPassword, this.#password];
  }
}
