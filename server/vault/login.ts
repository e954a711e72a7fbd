/**
 * Login as the vault does it: everything that needs a secret of the server or must not be skipped.
 * The steps of one login hand each other a state object, so that they cannot be taken out of order.
 */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { encapsulate, importKemPublicKey } from "../../crypto/composite_kem.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import {
  finishServerLogin,
  type ServerLoginState,
  startServerLogin,
} from "../../crypto/password_server.ts";
import { type Clock, releaseOnTick } from "../../crypto/tick.ts";
import type { TranscriptState } from "../../crypto/transcript.ts";
import type { CallResult } from "../../protocol/vault_port.ts";
import type { Accounts } from "./accounts.ts";
import type { CountedTry, LoginThrottle } from "./login_throttle.ts";
import type { ServerKeys } from "./server_keys.ts";

/** Between KE2 and KE3. */
export interface PasswordStep {
  readonly user: string;
  readonly mayLogIn: boolean;
  readonly counted: CountedTry;
  readonly opaque: ServerLoginState;
}

/** Between KE3 and M7: the password was right, the proof of the user's key is missing. */
export interface ProofStep {
  readonly user: string;
  /** ssU, 32 bytes, wiped when the proof is checked. */
  readonly userSecret: Bytes;
  /** Of the user's signing key, 32 bytes. */
  readonly fingerprint: Bytes;
}

interface LoginsOptions {
  readonly accounts: Accounts;
  readonly throttle: LoginThrottle;
  readonly keys: ServerKeys;
  readonly clock: Clock;
}

/** See the head of this file. */
export class Logins {
  readonly #options: LoginsOptions;

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  /**
   * KE1 to KE2. A name that nobody has, and a disabled account, get a KE2 like any other that no KE3
   * will fit, after the same work; the answer leaves on a tick. Null: the name is blocked after failed tries.
   *
   * @throws {FormatError} on a KE1 that is not valid.
   */
  start(user: string, ke1: Bytes): Promise<{ ke2: Bytes; step: PasswordStep } | null> {
    return releaseOnTick(this.#options.clock, () => this.#start(user, ke1));
  }

  async #start(user: string, ke1: Bytes): Promise<{ ke2: Bytes; step: PasswordStep } | null> {
    const { accounts, throttle, keys } = this.#options;
    const counted = await throttle.begin(accounts.tagOf(user));
    if (counted === null) return null;
    const { status, login } = await accounts.loginOf(user);
    const mayLogIn = status === "active" || status === "registered";
    const { ke2, ...opaque } = startServerLogin({
      setup: keys.secrets.opaqueSetup,
      realm: keys.record.realm,
      user,
      record: mayLogIn ? login : null,
      ke1,
    });
    return { ke2, step: { user, mayLogIn, counted, opaque } };
  }

  /**
   * KE3: what M6 needs, or null when the client did not know the password.
   *
   * @throws {FormatError} on a KE3 of a wrong length.
   */
  async finish(
    { user, mayLogIn, counted, opaque }: PasswordStep,
    ke3: Bytes,
  ): Promise<{ result: CallResult<"loginFinish">; step: ProofStep } | null> {
    const { accounts, throttle, keys } = this.#options;
    const sessionKey = finishServerLogin({ realm: keys.record.realm, user }, opaque, ke3);
    if (sessionKey === null || !mayLogIn) return null;
    const bundle = (await accounts.find(user))?.bundle ?? null;
    if (bundle === null) return null;
    await throttle.succeeded(counted);
    const identity = (await accounts.identityRecords(user)).at(-1)!;
    const userKey = await importKemPublicKey(identity.kemPublicKey);
    const { ciphertext, sharedSecret } = await encapsulate(userKey);
    return {
      result: {
        sessionKey,
        kemPublicKey: identity.kemPublicKey,
        kemCiphertext: ciphertext,
        bundle,
      },
      step: { user, userSecret: sharedSecret, fingerprint: identity.fingerprint },
    };
  }

  /** M7: whether the client has the user's key; then the transcript goes on with the state. */
  async confirm(
    { user, userSecret, fingerprint }: ProofStep,
    proof: { state: TranscriptState; m7: Bytes },
  ): Promise<TranscriptState | null> {
    const confirmation = await confirmLogin({ ...proof, userSecret });
    if (!confirmation.ok) return null;
    const { accounts, clock } = this.#options;
    // Whoever was reset, or has other keys, since KE3 does not get in with those of before.
    const identity = (await accounts.identityRecords(user)).at(-1);
    if (!identity || !equalBytes(identity.fingerprint, fingerprint)) return null;
    // Whoever was disabled since KE1 does not get in; the first login makes the account active.
    if (await accounts.statusOf(user) === "registered") {
      await accounts.activate(user, clock.now());
    }
    return await accounts.statusOf(user) === "active" ? confirmation.state : null;
  }
}
