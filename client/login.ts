/** Logging in to a server that is pinned, or to one that is met for the first time. */

import type { Account, ServerAddress } from "./account.ts";
import type { ConfigStore } from "./config_store.ts";

/** A server that this client has never met, for somebody to decide about. */
export interface UnknownServer {
  readonly host: string;
  readonly port: number;
  /** Fingerprint of its root key as people compare it: Crockford base32 in groups of four. */
  readonly fingerprint: string;
}

/** What is being done, for a line on the terminal. */
export type LoginStep = "connecting" | "making_keys" | "registering" | "logging_in";

export interface LoginOptions {
  readonly address: ServerAddress;
  /** In any case. */
  readonly user: string;
  /**
   * The password, or how to ask for it: then it is asked once the server was reached and is
   * trusted, with no connection waiting.
   */
  readonly password: string | (() => Promise<string>);
  /** Where pinned servers are kept. */
  readonly config: ConfigStore;
  /**
   * Decides about a server that is not pinned yet; true pins it. May take its time: no connection
   * waits for it. Without it an unknown server is a TrustError ("server_unknown").
   */
  readonly confirmServer?: (server: UnknownServer) => Promise<boolean>;
  readonly onStep?: (step: LoginStep) => void;
}

/**
 * Logs in, pins the server when it is new, and remembers server and user as the last ones used.
 *
 * @throws {ConnectError} (exit 3) no connection, or no mailsec server there.
 * @throws {LoginError} (exit 4) wrong user or password, or the account may not log in.
 * @throws {TrustError} (exit 5) the server is not the one that was pinned, or its record is bad.
 */
export function login(_options: LoginOptions): Promise<Account> {
  throw new Error("skeleton");
}
