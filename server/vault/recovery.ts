/**
 * Recovery as the vault does it: a new password for somebody who has the recovery code.
 *
 * A name that nobody has, an account without a code and a wrong code all get an answer of the same
 * form after the same work, and count as a failed try under the name. A right code counts under the
 * code itself: nobody guesses 160 bits, so strangers who try do not keep the owner of the code
 * waiting, while whoever has seen one recovery still cannot try passwords without limit.
 */

import { type Bytes, equalBytes, randomBytes, toHex } from "../../crypto/bytes.ts";
import { registrationResponse } from "../../crypto/password_server.ts";
import { recoveryAuthHash } from "../../crypto/recovery_code.ts";
import { type Clock, releaseOnTick } from "../../crypto/tick.ts";
import type { CallArgs, CallResult } from "../../protocol/vault_port.ts";
import type { Accounts } from "./accounts.ts";
import { changeCredentials } from "./credentials.ts";
import type { CountedTry, LoginThrottle } from "./login_throttle.ts";
import type { ServerKeys } from "./server_keys.ts";
import type { TryTags } from "./try_tags.ts";

const HASH_BYTES = 32;

/** Between a recovery's request and the new password. */
export interface RecoveryStep {
  readonly user: string;
  /** What the account had of the code, 32 bytes: it must still have it at the end. */
  readonly codeHash: Bytes;
  readonly counted: CountedTry;
}

interface RecoveriesOptions {
  readonly accounts: Accounts;
  readonly throttle: LoginThrottle;
  readonly tryTags: TryTags;
  readonly keys: ServerKeys;
  readonly clock: Clock;
}

/** See the head of this file. */
export class Recoveries {
  readonly #options: RecoveriesOptions;

  constructor(options: RecoveriesOptions) {
    this.#options = options;
  }

  /**
   * What the code proves itself with, to the bundle that it opens; `step` is null when it does not
   * count. The answer leaves on a tick. Null: blocked after failed tries.
   *
   * @throws {FormatError} on a request that is not valid.
   */
  start(
    args: CallArgs<"recoverStart">,
  ): Promise<{ result: CallResult<"recoverStart">; step: RecoveryStep | null } | null> {
    return releaseOnTick(this.#options.clock, () => this.#start(args));
  }

  async #start({ user, auth, request }: CallArgs<"recoverStart">) {
    const { accounts, throttle, tryTags, keys } = this.#options;
    const codeHash = recoveryAuthHash(auth);
    const known = await accounts.recoveryOf(user) ?? randomBytes(HASH_BYTES);
    const isRight = equalBytes(codeHash, known);
    const tag = isRight
      ? tryTags.tagOf("recovery_code", user, codeHash)
      : tryTags.tagOf("recovery", user);
    const counted = await throttle.begin(tag);
    if (counted === null) return null;
    // A response under the user's own name tells how a guess at the present password comes out.
    const name = isRight ? user : toHex(randomBytes(HASH_BYTES));
    const response = registrationResponse(keys.secrets.opaqueSetup, name, request);
    const bundle = isRight ? (await accounts.find(user))?.bundle ?? null : null;
    const step = bundle === null ? null : { user, codeHash, counted };
    return { result: { response, bundle }, step };
  }

  /** Sets the new password. False: it is not signed by the user, or something has changed meanwhile. */
  async finish(
    { user, codeHash, counted }: RecoveryStep,
    { record, bundle, signature }: CallArgs<"recoverFinish">,
  ): Promise<boolean> {
    const { accounts, throttle } = this.#options;
    const next = { record, bundle, signature, recoveryHash: null, identity: null };
    const { outcome } = await changeCredentials(
      accounts,
      { user, next },
      ({ recovery }) => recovery !== null && equalBytes(recovery, codeHash),
    );
    if (outcome !== "changed") return false;
    await throttle.succeeded(counted);
    return true;
  }
}
