/** From a pinned server and a password to an open session and the user's keys. */

import type { Bytes } from "../crypto/bytes.ts";
import type { ServerHello } from "../crypto/handshake_layout.ts";
import { passwordReady } from "../crypto/password_identifiers.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { ClientSession, ClientSessionOptions } from "../protocol/client_session.ts";
import type { Access } from "./access.ts";
import type { ServerAddress } from "./address.ts";
import type { ConfigStore } from "./config_store.ts";
import { asConnectError } from "./connect_problem.ts";
import { Connection } from "./connection.ts";
import { LoginWithPassword } from "./login_steps.ts";
import { PasswordWork } from "./password_work.ts";
import { fetchRecord } from "./trust.ts";

/** Enough to log in, and to do it again when a connection is lost. */
export interface Credentials {
  readonly address: ServerAddress;
  /** Lower case. */
  readonly user: string;
  readonly password: string;
  readonly config: ConfigStore;
  /** A code that lets this device into a hardened account, 16 bytes. */
  readonly enrolCode?: Bytes;
}

type SessionCredentials = Omit<Credentials, "enrolCode"> & { readonly enrolCode?: Bytes | null };

export interface OpenedSession {
  /** Name of the installation for ever, 32 bytes. */
  readonly realm: Bytes;
  /** The server's root key, 1984 bytes. */
  readonly rootKey: Bytes;
  readonly hello: ServerHello;
  readonly session: ClientSession;
  /** The user's keys. */
  readonly access: Access;
  /** Whether a login ticket was shown. */
  readonly hadTicket: boolean;
  /** Says goodbye and ends the connection. */
  close(): Promise<void>;
}

/**
 * Connects to a server that is pinned, and logs in.
 *
 * @throws {ConnectError} {LoginError} {TrustError} {ConfigError}
 */
export async function openSession(
  credentials: SessionCredentials,
  handlers: Pick<ClientSessionOptions, "onEvent" | "onClose">,
): Promise<OpenedSession> {
  const work = new PasswordWork();
  try {
    const [connection] = await Promise.all([
      Connection.open(credentials.address),
      passwordReady(),
    ]);
    return await logIn(connection, work, { credentials, handlers });
  } finally {
    work.end();
  }
}

async function logIn(
  connection: Connection,
  work: PasswordWork,
  { credentials, handlers }: {
    credentials: SessionCredentials;
    handlers: Pick<ClientSessionOptions, "onEvent" | "onClose">;
  },
): Promise<OpenedSession> {
  const { address, user, password, config, enrolCode = null } = credentials;
  try {
    const { record, known } = await fetchRecord(connection, address, config);
    if (!known) throw notPinned();
    const { realm } = record;
    const [device, ticket] = await Promise.all([
      config.device({ realm, user }).read(),
      config.ticket({ realm, user }).read(),
    ]);
    const secrets = { realm, user, password, ticket, device, enrolCode };
    const steps = new LoginWithPassword(secrets, work);
    const server = { record: record.bytes, kemPublicKey: record.kemKey };
    const login = connection.link.login(server, steps, handlers);
    const { hello, session } = await asConnectError(address, login);
    connection.keepAlive(session);
    const close = () => connection.close(session);
    const rootKey = record.signingKey;
    return {
      realm,
      rootKey,
      hello,
      session,
      access: steps.access,
      hadTicket: ticket !== null,
      close,
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** For a pin that has disappeared since the server was met. */
export function notPinned(): TrustError {
  return new TrustError("server_unknown", "The server is not pinned any more.", {
    hint: "A file of the client's folder was removed in this moment: try again.",
  });
}
