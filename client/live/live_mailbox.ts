/**
 * A mailbox that is watched: new mail is told as it comes, and a lost connection is opened again by
 * itself, with what came in the meantime told then.
 *
 * What must hold: every mail that arrives after `start` is told exactly once, whatever happens to the
 * connection, however often the server says so, and whichever device looks at it first. Indexes count
 * up and are never used again, so it is enough to remember the last one that was told.
 */

import { MailsecError } from "../../crypto/errors.ts";
import type { ServerEvent } from "../../protocol/messages/events.ts";
import { ConnectError } from "../errors.ts";
import type { MailListItem } from "../mailbox_types.ts";
import { backoffMs } from "./backoff.ts";

export type ConnectionState =
  | { readonly state: "connected" }
  /** Lost; it is tried again after `retryMs`. */
  | { readonly state: "waiting"; readonly reason: string; readonly retryMs: number }
  /** Lost, and trying again would be of no use: `error` says why. */
  | { readonly state: "refused"; readonly error: MailsecError };

/** What a live mailbox needs of the mailbox. */
export interface LiveParts {
  onEvent(listener: (event: ServerEvent) => void): () => void;
  onClosed(listener: (reason: string) => void): () => void;
  /** Asks for what is new, on a new connection if there is none. */
  sync(): Promise<void>;
  /** The greatest index there is, 0 without any. */
  lastIndex(): number;
  /** New mails behind this index, the oldest first; not one's own. */
  mailsAfter(index: number): Promise<MailListItem[]>;
  /** For tests. */
  readonly random?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class LiveMailbox {
  readonly #parts: LiveParts;
  readonly #mailListeners = new Set<(item: MailListItem) => void>();
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();
  #told = 0;
  #stops: (() => void)[] = [];
  #work: Promise<void> = Promise.resolve();
  #isAsked = false;
  #waiting: AbortController | null = null;
  #state: ConnectionState = { state: "connected" };
  #stopped = true;

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Tells of mail that arrives from now on, until the function returned is called. */
  onNewMail(listener: (item: MailListItem) => void): () => void {
    this.#mailListeners.add(listener);
    return () => this.#mailListeners.delete(listener);
  }

  /** Tells what has become of the connection, until the function returned is called. */
  onConnection(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Begins to watch: what is there now is not new. Throws as `sync`. */
  async start(): Promise<void> {
    if (!this.#stopped) return;
    this.#stopped = false;
    const { onEvent, onClosed } = this.#parts;
    // Before anything is asked: what comes in between must not be missed.
    this.#stops = [
      onEvent(({ event }) => event !== "closing" && this.#look()),
      onClosed((reason) => this.#lost(reason)),
    ];
    await this.#parts.sync();
    this.#told = this.#parts.lastIndex();
  }

  /** Ends the watching; nothing is told any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#waiting?.abort();
    await this.#work;
  }

  /** Tries at once to connect again, when it is being waited for that. */
  retryNow(): void {
    this.#waiting?.abort();
  }

  /** Looks for new mail once more when that is being done already. */
  #look(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#work = this.#work.then(async () => {
      this.#isAsked = false;
      if (this.#stopped) return;
      try {
        await this.#tellNew();
      } catch (error) {
        await this.#reconnect(error);
      }
    });
  }

  #lost(reason: string): void {
    this.#work = this.#work.then(async () => {
      if (!this.#stopped) await this.#reconnect(new ConnectError("lost", reason));
    });
  }

  async #tellNew(): Promise<void> {
    await this.#parts.sync();
    const last = this.#parts.lastIndex();
    if (last > this.#told) {
      const mails = await this.#parts.mailsAfter(this.#told);
      this.#told = last;
      for (const item of mails) this.#mailListeners.forEach((listener) => listener(item));
    }
    this.#become({ state: "connected" });
  }

  /** Tries until it is connected, stopped, or told that trying is of no use. */
  async #reconnect(cause: unknown): Promise<void> {
    for (let failed = 0; !this.#stopped; failed++) {
      if (!(cause instanceof MailsecError)) throw cause;
      if (!mayPass(cause)) return this.#become({ state: "refused", error: cause });
      const retryMs = backoffMs(failed, (this.#parts.random ?? Math.random)());
      this.#become({ state: "waiting", reason: cause.message, retryMs });
      this.#waiting = new AbortController();
      await (this.#parts.wait ?? waitFor)(retryMs, this.#waiting.signal);
      this.#waiting = null;
      if (this.#stopped) return;
      try {
        return await this.#tellNew();
      } catch (error) {
        cause = error;
      }
    }
  }

  #become(state: ConnectionState): void {
    const isSame = state.state === "connected" && this.#state.state === "connected";
    this.#state = state;
    if (!isSame) this.#stateListeners.forEach((listener) => listener(state));
  }
}

/** Codes of refusals at a login that another time may not meet. */
const PASSING: ReadonlySet<string> = new Set([
  "server_full",
  "busy",
  "too_many_sessions",
  "shutting_down",
  "internal",
  // Other keys or another password: the next login knows which.
  "credentials_changed",
  // Without a reason, so perhaps because there were too many attempts.
  "login_refused",
]);

/** Whether it may be otherwise the next time: not so for a password, keys, or a server's identity. */
function mayPass(error: MailsecError): boolean {
  if (error.name === "TrustError" || error.name === "ConfigError") return false;
  if (error.name === "LoginError") return PASSING.has(error.code);
  return true;
}

/** Ends early, without an error, when it is aborted. */
function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  }, { once: true });
  return promise;
}
