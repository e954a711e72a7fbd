/** Joining a server with an invite: new keys, registration, first login. */

import type { Account } from "./account.ts";
import type { ConfigStore } from "./config_store.ts";
import type { LoginStep } from "./login.ts";

export interface JoinOptions {
  /** The whole invite line, `mailsec://USER@HOST:PORT/CODE`. */
  readonly invite: string;
  /** The new password (already accepted by `judgePassword`), or how to ask for it. */
  readonly password: string | (() => Promise<string>);
  readonly config: ConfigStore;
  readonly onStep?: (step: LoginStep) => void;
}

/**
 * Registers the invited user and logs in. The server is checked against the invite before
 * anything secret is sent, and pinned.
 *
 * @throws {FormatError} when the invite cannot be read (mistyped or cut off).
 * @throws {ConnectError} {LoginError} as `login`; LoginError "invite_refused" when the server does
 *   not take the invite (used, expired, unknown).
 * @throws {TrustError} when the server is not the one that made the invite.
 */
export function joinServer(_options: JoinOptions): Promise<Account> {
  throw new Error("skeleton");
}
