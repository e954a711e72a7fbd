/** From a pinned server and a password to an open session and the user's keys. */

import type { Bytes } from "../crypto/bytes.ts";
import type { KeyBundle, StoredKemKey } from "../crypto/bundle_keys.ts";
import { decapsulate, importKemPrivateKey, type KemPrivateKey } from "../crypto/composite_kem.ts";
import { equalBytes } from "../crypto/bytes.ts";
import { DecryptionError, FormatError } from "../crypto/errors.ts";
import type { ServerHello } from "../crypto/handshake_layout.ts";
import { openBundle } from "../crypto/key_bundle.ts";
import { finishLogin, startLogin } from "../crypto/password_client.ts";
import { passwordReady } from "../crypto/password_identifiers.ts";
import { importSigner, type Signer } from "../crypto/sign.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { LoginSteps } from "../protocol/client_link.ts";
import type { ClientSession, ClientSessionOptions } from "../protocol/client_session.ts";
import type { ServerAddress } from "./address.ts";
import type { ConfigStore } from "./config_store.ts";
import { asConnectError } from "./connect_problem.ts";
import { Connection } from "./connection.ts";
import { LoginError } from "./errors.ts";
import { fetchRecord } from "./trust.ts";

/** Enough to log in, and to do it again when a connection is lost. */
export interface Credentials {
  readonly address: ServerAddress;
  /** Lower case. */
  readonly user: string;
  readonly password: string;
  readonly config: ConfigStore;
}

/** The user's keys, ready for use. */
export interface AccountKeys {
  /** BK, 32 bytes. */
  readonly bundleKey: Bytes;
  readonly signer: Signer;
  /** The current KEM key, then the earlier ones. */
  readonly kem: readonly KemPrivateKey[];
}

export interface OpenedSession {
  /** Name of the installation for ever, 32 bytes. */
  readonly realm: Bytes;
  readonly hello: ServerHello;
  readonly session: ClientSession;
  readonly keys: AccountKeys;
  /** Says goodbye and ends the connection. */
  close(): Promise<void>;
}

/**
 * Connects to a server that is pinned, and logs in.
 *
 * @throws {ConnectError} {LoginError} {TrustError}
 */
export async function openSession(
  credentials: Credentials,
  handlers: Pick<ClientSessionOptions, "onEvent" | "onClose">,
): Promise<OpenedSession> {
  const { address, config } = credentials;
  const [connection] = await Promise.all([Connection.open(address), passwordReady()]);
  try {
    const { record, known } = await fetchRecord(connection, address, config);
    if (!known) throw new TrustError("server_unknown", "The server is not pinned any more.");
    const steps = new LoginWithPassword(credentials, record.realm);
    const server = { record: record.bytes, kemPublicKey: record.kemKey };
    const login = connection.link.login(server, steps, handlers);
    const { hello, session } = await asConnectError(address, login);
    connection.keepAlive(session);
    const close = () => connection.close(session);
    return { realm: record.realm, hello, session, keys: steps.keys, close };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The steps of a login that need the password (LoginSteps), and the keys they bring to light. */
class LoginWithPassword implements LoginSteps {
  readonly user: string;
  readonly ke1: Bytes;
  readonly ticket = null;
  readonly #owner: { realm: Bytes; user: string; password: string };
  readonly #state: { state: string };
  #exportKey: Bytes | null = null;
  #keys: AccountKeys | null = null;

  constructor({ user, password }: Credentials, realm: Bytes) {
    this.user = user;
    this.#owner = { realm, user, password };
    const { ke1, ...state } = startLogin(this.#owner);
    this.ke1 = ke1;
    this.#state = state;
  }

  get keys(): AccountKeys {
    if (this.#keys === null) throw new Error("keys are asked for before the login");
    return this.#keys;
  }

  finish(ke2: Bytes): { ke3: Bytes; sessionKey: Bytes } {
    const finished = finishLogin(this.#owner, this.#state, ke2);
    if (finished === null) {
      throw new LoginError("login", `Wrong user name or password for "${this.user}".`, {
        hint: "Try again; a user who is new here needs an invite from the administrator.",
      });
    }
    this.#exportKey = finished.exportKey;
    return finished;
  }

  async unlock(
    { kemPublicKey, bundle: sealed }: { kemPublicKey: Bytes; bundle: Bytes },
  ): Promise<(ciphertext: Bytes) => Promise<Bytes>> {
    try {
      const { realm, user } = this.#owner;
      const opened = openBundle({ realm, user, sealed, exportKey: this.#exportKey! });
      const keys = { bundleKey: opened.bundleKey, ...await importKeys(opened.bundle) };
      if (!equalBytes(keys.kem[0]!.publicKey, kemPublicKey)) throw new DecryptionError();
      this.#keys = keys;
      return (ciphertext) => decapsulate(keys.kem[0]!, ciphertext);
    } catch (cause) {
      if (!(cause instanceof DecryptionError || cause instanceof FormatError)) throw cause;
      throw new TrustError("key_bundle", "The server gave keys that are not this user's.", {
        hint: "The server is damaged or dishonest: ask its administrator.",
        cause,
      });
    }
  }
}

async function importKeys(bundle: KeyBundle): Promise<Omit<AccountKeys, "bundleKey">> {
  const importKem = (key: StoredKemKey) => importKemPrivateKey(key, key.publicKey);
  const [signer, ...kem] = await Promise.all([
    importSigner(bundle.signing),
    ...[bundle.kem, ...bundle.earlierKem].map(importKem),
  ]);
  return { signer, kem };
}
