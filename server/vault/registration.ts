/** Registration as the vault does it: the keys of a new user, as a grant allows them. */

import { type Bytes, equalBytes, randomBytes, toHex } from "../../crypto/bytes.ts";
import { importKemPublicKey } from "../../crypto/composite_kem.ts";
import { type IdentityRecord, verifyIdentity, verifyReset } from "../../crypto/identity.ts";
import { inviteTokenHash } from "../../crypto/invite.ts";
import { type InviteGrant, parseInviteGrant } from "../../crypto/invite_grant.ts";
import { registrationResponse } from "../../crypto/password_server.ts";
import type { Clock } from "../../crypto/tick.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import type { InviteRefusal } from "../../protocol/messages/registration.ts";
import type { CallArgs, CallResult } from "../../protocol/vault_port.ts";
import type { AccountContents } from "./account_columns.ts";
import type { Accounts } from "./accounts.ts";
import { currentChain } from "./identity_chain.ts";
import type { KeyLog } from "./key_log.ts";
import { actEntry, type NewLogEntry } from "./new_log_entry.ts";
import type { ServerKeys } from "./server_keys.ts";

/** Between a registration's request and its record. */
export interface RegisterStep {
  readonly user: string;
  readonly tokenHash: Bytes;
}

interface RegistrationsOptions {
  readonly accounts: Accounts;
  readonly keyLog: KeyLog;
  readonly keys: ServerKeys;
  readonly clock: Clock;
}

/** An account that waits, and what it waits for. */
interface Waiting {
  readonly account: AccountContents;
  readonly grant: InviteGrant;
}

/** See the head of this file. */
export class Registrations {
  readonly #options: RegistrationsOptions;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  /**
   * The start of a registration. Without a valid invite the response is made under a name that
   * nobody has: a response under the user's own would let strangers try passwords against a login
   * without being counted. Why the invite does not count is told at the end.
   *
   * @throws {FormatError} on a request that is not valid.
   */
  async start(
    { user, token, request }: CallArgs<"registerStart">,
  ): Promise<{ result: CallResult<"registerStart">; step: RegisterStep }> {
    const tokenHash = inviteTokenHash(token);
    const step = { user, tokenHash };
    const waiting = await this.#waiting(step);
    const name = typeof waiting === "string" ? toHex(randomBytes(32)) : user;
    const { opaqueSetup } = this.#options.keys.secrets;
    const response = registrationResponse(opaqueSetup, name, request);
    const needsGrant = typeof waiting !== "string" && waiting.grant.epoch > 1;
    return { result: { response, grant: needsGrant ? waiting.grant.bytes : null }, step };
  }

  /**
   * The end of a registration: account, keys and log entry are stored and the invite used up, or
   * nothing is. The receipt says where the log has the keys.
   *
   * @throws {FormatError|TrustError} on an identity that is not this user's, or not the one that
   *   was granted.
   */
  async finish(
    step: RegisterStep,
    { record, identity, bundle, state, recoveryHash }: CallArgs<"registerFinish">,
  ): Promise<CallResult<"registerFinish">> {
    const { accounts, keyLog, clock } = this.#options;
    const waiting = await this.#waiting(step);
    if (typeof waiting === "string") return { refused: waiting, receipt: null };
    const { grant } = waiting;
    const keys = await this.#verified(identity, grant);
    const account: AccountContents = {
      ...waiting.account,
      ...{ role: grant.role, grant: null, recovery: recoveryHash, login: record, bundle },
    };
    const now = clock.now();
    const acts = roleActs(waiting, now);
    const { outcome, index } = await accounts.register({ tokenHash: step.tokenHash, now }, {
      ...{ account, identity: keys, state, acts },
    });
    if (outcome !== "registered") return { refused: outcome, receipt: null };
    const { note: head } = await keyLog.head();
    return { refused: null, receipt: { index, head } };
  }

  /** The account that this token is for, or why the token does not count. */
  async #waiting({ user, tokenHash }: RegisterStep): Promise<Waiting | InviteRefusal> {
    const { accounts, clock } = this.#options;
    const outcome = await accounts.checkInvite(user, { tokenHash, now: clock.now() });
    if (outcome !== "valid") return outcome;
    const account = await accounts.find(user);
    // An invite of a release without grants has none: it is made anew.
    if (account === null || account.grant === null) return "invite_unknown";
    const grant = parseInviteGrant(account.grant);
    if (!equalBytes(grant.tokenHash, tokenHash)) return "invite_unknown";
    return await this.#counts(grant) ? { account, grant } : "invite_unknown";
  }

  /**
   * The word of an administrator counts as long as she is one, and only hers: not that of somebody
   * who has had the name before her.
   */
  async #counts({ by, byFingerprint }: InviteGrant): Promise<boolean> {
    const { accounts } = this.#options;
    if (by === "") return true;
    const hers = currentChain(await accounts.identityRecords(by));
    return await accounts.isAdmin(by) &&
      hers.some(({ fingerprint }) => equalBytes(fingerprint, byFingerprint));
  }

  async #verified(bytes: Bytes, grant: InviteGrant): Promise<IdentityRecord> {
    const identity = await verifyIdentity(bytes, grant.user);
    // A key that cannot be used would make every later login fail.
    await importKemPublicKey(identity.kemPublicKey);
    if (grant.epoch === 1 && identity.type === "first") return identity;
    if (!equalBytes(identity.authorization, grant.bytes)) throw notGranted(grant.user);
    const previous = (await this.#options.accounts.identityRecords(grant.user)).at(-1);
    await verifyReset(identity, {
      grantKey: await this.#grantKey(grant),
      ...(previous === undefined ? {} : { previous }),
    });
    return identity;
  }

  async #grantKey({ user, by, byFingerprint }: InviteGrant): Promise<Bytes> {
    const { accounts, keys } = this.#options;
    if (by === "") return keys.record.signingKey;
    const granters = await accounts.identityRecords(by);
    const granter = granters.find(({ fingerprint }) => equalBytes(fingerprint, byFingerprint));
    if (granter === undefined) throw notGranted(user);
    return granter.signingPublicKey;
  }
}

/** What the log says of the role that comes with a registration. */
function roleActs({ account, grant }: Waiting, time: number): NewLogEntry[] {
  if (account.role === grant.role) return [];
  const type = grant.role === "admin" ? "admin_granted" : "admin_revoked";
  return [actEntry({ type, user: grant.user, by: grant.by, time })];
}

function notGranted(user: string): TrustError {
  return new TrustError("invite_grant", `These are not the keys that were granted to ${user}.`);
}
