/**
 * One session worker's port to the vault. The worker reads what strangers send, so nothing it says
 * is believed: authority follows the port.
 *
 * Invariants:
 * - The vault itself walks through the login (login_stages.ts); a call that does not fit the stage,
 *   has a wrong form or fails ends the port for good.
 * - Requests are done only after `loginConfirm`, and always as the user whose login that was.
 * - At most {@linkcode MAX_PENDING} calls are under way. A worker that makes more, or says what is
 *   not a call, does not follow the protocol: it is not heard again and gets no further answer.
 */

import { type ErrorCode, ServerError } from "../../protocol/error_codes.ts";
import { MAX_REQUESTS_IN_FLIGHT } from "../../protocol/limits.ts";
import {
  HANDSHAKE_CALLS,
  type RequestResult,
  type VaultMessage,
} from "../../protocol/vault_port.ts";
import { reportOf } from "../errors.ts";
import type { Office, RequestContext } from "../handlers/handler.ts";
import { handleRequest } from "../handlers/registry.ts";
import type { Log } from "../log.ts";
import type { Logins } from "./login.ts";
import type { Recoveries } from "./recovery.ts";
import type { Registrations } from "./registration.ts";
import { LoginRefused, type LoginStage, type StepCall, takeStep } from "./login_stages.ts";
import type { ServerKeys } from "./server_keys.ts";
import type { OpenSession, Sessions } from "./sessions.ts";

/** A worker that follows the protocol stays below this. */
export const MAX_PENDING = 2 * MAX_REQUESTS_IN_FLIGHT;

type Stage =
  | { readonly at: "login"; readonly login: LoginStage }
  | { readonly at: "open"; readonly context: RequestContext; readonly session: OpenSession }
  /** In the middle of a call, refused a session, or ended: nothing may be called. */
  | { readonly at: "closed" };

/** The end of a login. */
type Proven = Extract<LoginStage, { at: "proven" }>;

/** How a user has come through. */
export type Arrival = "login" | "registered" | "recovered";

/** What a port is connected to. */
export interface PortOptions {
  readonly keys: ServerKeys;
  readonly logins: Logins;
  readonly registrations: Registrations;
  readonly recoveries: Recoveries;
  readonly sessions: Sessions;
  readonly office: Office;
  readonly log: Log;
  /** A session is open, or a registration or a recovery complete. */
  onUser(how: Arrival, user: string): void;
  /** The port has ended by the vault's will: the connection must go too. */
  onEnd(reason: string): void;
}

/** The part of a MessagePort that is used. */
export type Port = Pick<MessagePort, "postMessage" | "close" | "onmessage">;

export class VaultConnection {
  readonly #port: Port;
  readonly #options: PortOptions;
  #stage: Stage = { at: "login", login: { at: "start" } };
  #recordAsked = false;
  #pending = 0;
  /** By the vault's will: nothing more is done, but what is under way is still answered. */
  #ended = false;
  #closed = false;

  constructor(port: Port, options: PortOptions) {
    this.#port = port;
    this.#options = options;
    port.onmessage = ({ data }) => void this.#receive(data);
  }

  /** The connection is gone: the authority of the port ends with it. */
  close(): void {
    this.#ended = this.#closed = true;
    this.#takeAuthority();
    this.#port.onmessage = null;
    this.#port.close();
  }

  /** The server shuts down: the client is told, and what is under way is still done. */
  drain(): void {
    if (this.#stage.at === "open") this.#bidFarewell("shutting_down");
  }

  async #receive(data: unknown): Promise<void> {
    const { id, call, args } = (data ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(id) || this.#pending >= MAX_PENDING) {
      this.#end("misbehaved");
      return this.close();
    }
    if (this.#ended) return this.#post({ id: id as number, failed: true });
    this.#pending += 1;
    try {
      const result = call === "request" ? await this.#request(args) : await this.#step(call, args);
      this.#post({ id: id as number, result });
    } catch (error) {
      this.#post({ id: id as number, failed: true });
      this.#end(this.#reasonOf(error));
    } finally {
      this.#pending -= 1;
    }
  }

  async #request(args: unknown): Promise<RequestResult> {
    if (this.#stage.at !== "open") throw new LoginRefused("out_of_order", null);
    const { type, body } = (args ?? {}) as { type: unknown; body: unknown };
    try {
      return { body: await handleRequest(this.#stage.context, { type, body }) };
    } catch (error) {
      if (error instanceof ServerError) return { error: error.code, names: error.names };
      const { code, message } = reportOf(error);
      this.#options.log.error("request_failed", { request: String(type), code, message });
      return { error: "internal", names: [] };
    }
  }

  async #step(call: unknown, args: unknown): Promise<unknown> {
    if (call === "serverRecord" && !this.#recordAsked) {
      this.#recordAsked = true;
      return { record: this.#options.keys.record.bytes };
    }
    const known = typeof call === "string" && Object.hasOwn(HANDSHAKE_CALLS, call);
    if (!known || call === "serverRecord" || this.#stage.at !== "login") {
      throw new LoginRefused("out_of_order", null);
    }
    const { login } = this.#stage;
    this.#stage = { at: "closed" };
    const { result, next } = await takeStep(this.#options, login, { call: call as StepCall, args });
    // Done is done, whether or not anybody is there to hear of it: see what follows from it.
    if (next.at === "recovered") this.#endSessionsOf(next.user);
    if (this.#ended) return result;
    if (next.at === "proven") return { ...result as object, refused: this.#open(next) };
    this.#note(next);
    this.#stage = { at: "login", login: next };
    return result;
  }

  /** What they were opened with does not count any more. */
  #endSessionsOf(user: string): void {
    const { office } = this.#options;
    office.endSessions(office.accounts.tagOf(user), "credentials_changed");
  }

  /** Tells how a registration or a recovery has ended. */
  #note(next: LoginStage): void {
    const { log, onUser } = this.#options;
    switch (next.at) {
      case "registered":
        return onUser("registered", next.user);
      case "turned_away":
        return log.warn("registration_refused", { reason: next.reason, user: next.user });
      case "recovered":
        return onUser("recovered", next.user);
      case "not_recovered":
        return log.warn("recovery_refused", { user: next.user });
    }
  }

  /** Gives the port the user's authority, or says why not. */
  #open({ user, fingerprint }: Proven): ErrorCode | null {
    const { office, sessions, onUser } = this.#options;
    const tag = office.accounts.tagOf(user);
    const session: OpenSession = {
      user,
      tag,
      fingerprint,
      tell: (event) => this.#post(event),
      end: (code) => {
        this.#bidFarewell(code);
        this.#end(code);
      },
    };
    const refused = sessions.open(session);
    if (refused !== null) return refused;
    this.#stage = { at: "open", context: { user, tag, session, office }, session };
    onUser("login", user);
    return null;
  }

  #bidFarewell(code: ErrorCode): void {
    if (code === "shutting_down" || code === "disabled" || code === "credentials_changed") {
      this.#post({ event: "closing", body: { reason: code } });
    }
    this.#post({ close: code });
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#takeAuthority();
    this.#options.onEnd(reason);
  }

  #takeAuthority(): void {
    if (this.#stage.at === "open") this.#options.sessions.close(this.#stage.session);
    this.#stage = { at: "closed" };
  }

  #post(message: VaultMessage): void {
    if (!this.#closed) this.#port.postMessage(message);
  }

  #reasonOf(error: unknown): string {
    const { code, message } = reportOf(error);
    const user = error instanceof LoginRefused ? error.user : null;
    if (code === "internal") this.#options.log.error("login_failed", { message });
    else this.#options.log.warn("login_refused", { reason: code, user: user ?? undefined });
    return code;
  }
}
