/**
 * An account that is logged in: whose it is, its keys, its state, and its session, which is opened
 * anew when the connection was lost. The password stays in memory for that.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import type { ServerHello } from "../crypto/handshake_layout.ts";
import type { ClientSession } from "../protocol/client_session.ts";
import type { Message } from "../protocol/messages/message.ts";
import type { ServerAddress } from "./address.ts";
import { connectProblem, isConnectionLoss } from "./connect_problem.ts";
import { ConnectError } from "./errors.ts";
import { type AccountKeys, type Credentials, type OpenedSession, openSession } from "./session.ts";
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
  readonly keys: AccountKeys;
  /** Of the user's signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  /** What the server said about itself and its limits. */
  readonly hello: ServerHello;
  /** What sessions report on their own. */
  readonly events: SessionEvents;
  /** What the user's devices share. */
  readonly state: StateStore;

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

export class Account implements OpenAccount {
  readonly user: string;
  readonly address: ServerAddress;
  readonly realm: Bytes;
  readonly keys: AccountKeys;
  readonly fingerprint: Bytes;
  readonly hello: ServerHello;
  readonly events: SessionEvents;
  readonly #credentials: Credentials;
  #opened: OpenedSession | null;
  #reopening: Promise<OpenedSession> | null = null;
  #state: StateStore | null = null;
  #closed = false;

  private constructor(credentials: Credentials, events: SessionEvents, opened: OpenedSession) {
    this.events = events;
    this.#credentials = credentials;
    this.#opened = opened;
    this.user = credentials.user;
    this.address = credentials.address;
    this.realm = opened.realm;
    this.keys = opened.keys;
    this.hello = opened.hello;
    this.fingerprint = fingerprintOf(opened.keys.signer.publicKey);
  }

  /**
   * Logs in to a pinned server and fetches the account's state.
   *
   * @throws {ConnectError} {LoginError} {TrustError} {ConfigError}
   */
  static async open(credentials: Credentials): Promise<Account> {
    const events = new SessionEvents();
    const opened = await openSession(credentials, events.handlers);
    const account = new Account(credentials, events, opened);
    try {
      const { user, realm, keys: { bundleKey } } = account;
      const ask = account.request.bind(account);
      const memory = credentials.config.stateMemory(account);
      account.#state = await StateStore.load(ask, { user, realm, bundleKey, memory });
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

  request<Request, Reply>(
    message: Message<string, Request, Reply>,
    body: Request,
  ): Promise<Reply> {
    return this.withSession((session) => session.request(message, body));
  }

  async withSession<T>(work: (session: Requester) => Promise<T>): Promise<T> {
    const used = this.#opened;
    if (used !== null) {
      try {
        return await work(used.session);
      } catch (error) {
        if (!isConnectionLoss(error) || this.#closed) throw connectProblem(this.address, error);
      }
    }
    const { session } = await this.#reopen(used);
    try {
      return await work(session);
    } catch (error) {
      throw connectProblem(this.address, error);
    }
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
    this.#opened = await openSession(this.#credentials, this.events.handlers);
    return this.#opened;
  }
}
