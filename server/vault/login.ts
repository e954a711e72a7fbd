/**
 * Login as the vault does it: everything that needs a secret of the server or must not be skipped.
 * The steps of one login hand each other a state object, so that they cannot be taken out of order.
 */

import { SLOT_ENROLMENT } from "../../crypto/bundle_slots.ts";
import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { encapsulate, importKemPublicKey } from "../../crypto/composite_kem.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import { withSlot } from "../../crypto/key_bundle.ts";
import {
  finishServerLogin,
  type ServerLoginState,
  startServerLogin,
} from "../../crypto/password_server.ts";
import { type Clock, releaseOnTick } from "../../crypto/tick.ts";
import type { TranscriptState } from "../../crypto/transcript.ts";
import type { CallArgs, CallResult } from "../../protocol/vault_port.ts";
import type { AccountContents } from "./account_columns.ts";
import { type Accounts, isInUse } from "./accounts.ts";
import type { CountedTry, LoginThrottle } from "./login_throttle.ts";
import type { LoginTickets } from "./login_tickets.ts";
import type { ServerKeys } from "./server_keys.ts";
import type { TryTags } from "./try_tags.ts";

/** Between KE2 and KE3. */
export interface PasswordStep {
  readonly user: string;
  /** The OPAQUE record that KE2 was made with; null: no KE3 fits. */
  readonly record: Bytes | null;
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
  /** The bundle as it was stored: every change of password or keys makes another one. */
  readonly bundle: Bytes;
}

interface LoginsOptions {
  readonly accounts: Accounts;
  readonly throttle: LoginThrottle;
  readonly tickets: LoginTickets;
  readonly tryTags: TryTags;
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
   * will fit, after the same work; the answer leaves on a tick. Null: blocked after failed tries,
   * those of this ticket where a valid one was brought, else those of the name.
   *
   * @throws {FormatError} on a KE1 that is not valid.
   */
  start(args: CallArgs<"loginStart">): Promise<{ ke2: Bytes; step: PasswordStep } | null> {
    return releaseOnTick(this.#options.clock, () => this.#start(args));
  }

  async #start(
    { user, ke1, ticket }: CallArgs<"loginStart">,
  ): Promise<{ ke2: Bytes; step: PasswordStep } | null> {
    const { accounts, throttle, keys } = this.#options;
    const counted = await throttle.begin(this.#tagOf(user, ticket));
    if (counted === null) return null;
    const { status, login } = await accounts.loginOf(user);
    const record = status !== null && isInUse({ status }) ? login : null;
    const { ke2, ...opaque } = startServerLogin({
      setup: keys.secrets.opaqueSetup,
      realm: keys.record.realm,
      user,
      record,
      ke1,
    });
    return { ke2, step: { user, record, counted, opaque } };
  }

  /**
   * KE3: what M6 needs, or null when the client did not know the password, or it was changed since
   * KE2.
   *
   * @throws {FormatError} on a KE3 of a wrong length.
   */
  async finish(
    { user, record, counted, opaque }: PasswordStep,
    ke3: Bytes,
  ): Promise<{ result: CallResult<"loginFinish">; step: ProofStep } | null> {
    const { accounts, throttle, keys } = this.#options;
    const sessionKey = finishServerLogin({ realm: keys.record.realm, user }, opaque, ke3);
    if (sessionKey === null || record === null) return null;
    const account = await accounts.find(user);
    if (account?.bundle == null || !isSame(account.login, record)) return null;
    await throttle.succeeded(counted);
    const identity = (await accounts.identityRecords(user)).at(-1)!;
    const userKey = await importKemPublicKey(identity.kemPublicKey);
    const { ciphertext, sharedSecret } = await encapsulate(userKey);
    const { bundle } = account;
    return {
      result: {
        sessionKey,
        kemPublicKey: identity.kemPublicKey,
        kemCiphertext: ciphertext,
        bundle: this.#withEnrolment(bundle, account),
      },
      step: { user, userSecret: sharedSecret, fingerprint: identity.fingerprint, bundle },
    };
  }

  /**
   * M7: whether the client has the user's key; then the transcript goes on with the state.
   *
   * Whoever was disabled or reset since KE1, or has another password or other keys now, does not get
   * in. Reads of the store do not wait for anything, so the port has its authority before any change
   * that comes after the last look, and hears of it like every other session.
   */
  async confirm(
    { user, userSecret, bundle }: ProofStep,
    proof: { state: TranscriptState; m7: Bytes },
  ): Promise<TranscriptState | null> {
    const confirmation = await confirmLogin({ ...proof, userSecret });
    if (!confirmation.ok) return null;
    const { accounts, clock } = this.#options;
    const before = await accounts.find(user);
    if (!isSame(before?.bundle, bundle)) return null;
    // The first login makes the account active.
    if (before?.status === "registered") await accounts.activate(user, clock.now());
    const now = await accounts.find(user);
    return now?.status === "active" && isSame(now.bundle, bundle) ? confirmation.state : null;
  }

  /** What this try is counted under. A ticket that is not this user's is no ticket. */
  #tagOf(user: string, ticket: Bytes | null): Bytes {
    const { accounts, tickets, tryTags } = this.#options;
    const nonce = ticket && tickets.nonceOf(user, ticket);
    return nonce === null ? accounts.tagOf(user) : tryTags.tagOf("ticket", user, nonce);
  }

  /** The bundle with the slot of a device that is being added, as long as that may go on. */
  #withEnrolment(bundle: Bytes, { enrolment }: AccountContents): Bytes {
    if (enrolment === null || enrolment.expires <= this.#options.clock.now()) return bundle;
    return withSlot(bundle, { type: SLOT_ENROLMENT, wrap: enrolment.wrap });
  }
}

function isSame(a: Bytes | null | undefined, b: Bytes): boolean {
  return a !== null && a !== undefined && equalBytes(a, b);
}
