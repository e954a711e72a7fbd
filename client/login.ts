/** Logging in to a server that is pinned, or to one that is met for the first time. */

import type { Bytes } from "../crypto/bytes.ts";
import { normalizeUserName } from "../crypto/names.ts";
import type { Account } from "./account.ts";
import type { ServerAddress } from "./address.ts";
import type { ConfigStore } from "./config_store.ts";
import { Connection } from "./connection.ts";
import { openAccount } from "./open_account.ts";
import { fetchRecord, introduce, type Introduction, type UnknownServer } from "./trust.ts";

export type { UnknownServer } from "./trust.ts";

/** What is being done, for a line on the terminal. */
export type LoginStep =
  | "connecting"
  | "making_keys"
  | "registering"
  | "recovering"
  | "logging_in";

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
  /** The code for a new device of a hardened account, 16 bytes: it is enrolled. */
  readonly enrolCode?: Bytes;
}

/**
 * Logs in, pins the server when it is new, and remembers server and user as the last ones used.
 *
 * @throws {FormatError} when the user's name cannot be one.
 * @throws {ConnectError} (exit 3) no connection, or no mailsec server there.
 * @throws {LoginError} (exit 4) wrong user or password, or the account may not log in.
 * @throws {TrustError} (exit 5) the server is not the one that was pinned, or its record is bad.
 */
export async function login(options: LoginOptions): Promise<Account> {
  const { address, config, onStep, confirmServer, enrolCode } = options;
  const user = normalizeUserName(options.user.trim());
  onStep?.("connecting");
  const pinned = await config.pinnedServer(address) !== null;
  if (!pinned || typeof options.password !== "string") {
    await meetServer(address, config, {
      by: "user",
      ...(confirmServer === undefined ? {} : { confirm: confirmServer }),
    });
  }
  const password = await givenPassword(options.password);
  onStep?.("logging_in");
  const account = await openAccount({
    ...{ address, user, password, config },
    ...enrolCode === undefined ? {} : { enrolCode },
  });
  await config.saveLast({ server: address, user });
  return account;
}

/** Reaches a server, verifies its record and pins it if it is new; no connection is left open. */
export async function meetServer(
  address: ServerAddress,
  config: ConfigStore,
  introduction: Introduction,
): Promise<void> {
  const connection = await Connection.open(address);
  let checked;
  try {
    checked = await fetchRecord(connection, address, config);
  } finally {
    await connection.close();
  }
  // An invite is held against the server even when it is pinned: it may be meant for another one.
  if (!checked.known || introduction.by === "invite") {
    await introduce(checked.record, { address, config, introduction });
  }
}

/** The password, asked for now if it is to be asked for. */
export async function givenPassword(password: string | (() => Promise<string>)): Promise<string> {
  return typeof password === "string" ? password : await password();
}
