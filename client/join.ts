/** Joining a server with an invite: new keys, registration, first login. */

import { EMPTY_ACCOUNT_STATE, FIRST_STATE_REVISION, sealState } from "../crypto/account_state.ts";
import type { KeyBundle } from "../crypto/bundle_keys.ts";
import { type Bytes, equalBytes, wipe } from "../crypto/bytes.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import { type IdentityRecord, makeFirstIdentity, makeResetIdentity } from "../crypto/identity.ts";
import { cutHash, type Invite, inviteToken, parseInvite } from "../crypto/invite.ts";
import { parseInviteGrant, verifyInviteGrant } from "../crypto/invite_grant.ts";
import { newBundleKey, sealBundle, wrapSlotP, wrapSlotR } from "../crypto/key_bundle.ts";
import { startRegistration } from "../crypto/password_client.ts";
import { passwordReady } from "../crypto/password_identifiers.ts";
import {
  formatRecoveryCode,
  newRecoveryCode,
  recoveryAuth,
  recoveryAuthHash,
} from "../crypto/recovery_code.ts";
import type { ServerRecord } from "../crypto/server_record.ts";
import { importSigner } from "../crypto/sign.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { RegistrationSteps } from "../protocol/client_steps.ts";
import type { LogReceipt } from "../protocol/messages/fields.ts";
import type { Registration } from "../protocol/messages/registration.ts";
import type { Account } from "./account.ts";
import type { KeepCode } from "./account_care.ts";
import { systemClock } from "./clock.ts";
import type { ConfigStore } from "./config_store.ts";
import { asConnectError } from "./connect_problem.ts";
import { Connection } from "./connection.ts";
import { ConnectError, LoginError } from "./errors.ts";
import { givenPassword, type LoginStep, meetServer } from "./login.ts";
import { withInvite } from "./invite_trust.ts";
import { newKeys } from "./new_keys.ts";
import { openAccount } from "./open_account.ts";
import { PasswordWork } from "./password_work.ts";
import { type Credentials, notPinned } from "./session.ts";
import { fetchRecord } from "./trust.ts";

export interface JoinOptions {
  /** The whole invite line, `mailsec://USER@HOST:PORT/CODE`. */
  readonly invite: string;
  /**
   * The new password (already accepted by `judgePassword`), or how to ask for it: then it is asked
   * once the server was reached and is the one of the invite, with no connection waiting.
   */
  readonly password: string | (() => Promise<string>);
  readonly config: ConfigStore;
  /** Shows the new recovery code; nothing is registered before it was written down. */
  readonly recovery: KeepCode;
  readonly onStep?: (step: LoginStep) => void;
  /**
   * Told when the account was reset: the name has had other keys, its contacts will be warned, and
   * the mail of before can be read by nobody any more.
   */
  readonly onReset?: () => void;
}

/**
 * Registers the invited user and logs in. The server is checked against the invite before
 * anything secret is sent, and pinned. Done again after it broke off, with the same password, it
 * goes on where it was: a registration that the server has is followed by the login alone, and the
 * recovery code shown last is the one that counts.
 *
 * @throws {FormatError} when the invite cannot be read (mistyped or cut off).
 * @throws {ConnectError} {LoginError} as `login`; LoginError "invite_refused" when the server does
 *   not take the invite (used, expired, unknown).
 * @throws {TrustError} when the server is not the one that made the invite.
 */
export async function joinServer(options: JoinOptions): Promise<Account> {
  const { config, onStep } = options;
  const invite = parseInvite(options.invite);
  const address = { host: invite.host, port: invite.port };
  onStep?.("connecting");
  await meetServer(address, config, { by: "invite", invite });
  const password = await givenPassword(options.password);
  const credentials = { address, user: invite.user, password, config };
  onStep?.("making_keys");
  const keys = await newKeys();
  const recoveryCode = newRecoveryCode();
  await options.recovery(formatRecoveryCode(recoveryCode));
  onStep?.("registering");
  const { onReset } = options;
  const { failure, receipt } = await register(credentials, { invite, keys, recoveryCode, onReset });
  onStep?.("logging_in");
  const account = await firstLogin(credentials, failure);
  try {
    // Who tries again has been shown another code than the one registered then.
    if (failure !== null) await account.care.setRecoveryCode(recoveryCode);
    if (receipt !== null) await account.log.checkReceipt(receipt);
  } catch (error) {
    await account.close();
    throw error;
  }
  await config.saveLast({ server: address, user: invite.user });
  return account;
}

/** What a registration came to: a receipt, or what went wrong. */
interface Registered {
  readonly failure: ConnectError | LoginError | null;
  readonly receipt: LogReceipt | null;
}

/**
 * Registers. A failure that leaves open whether the server has the registration is returned; the
 * login that follows decides.
 */
async function register(
  credentials: Credentials,
  made: Omit<NewAccount, "record">,
): Promise<Registered> {
  const { address, config } = credentials;
  const { invite } = made;
  const [connection] = await Promise.all([Connection.open(address), passwordReady()]);
  try {
    const { record, known } = await fetchRecord(connection, address, config);
    if (!known) throw notPinned();
    const server = { record: record.bytes, kemPublicKey: record.kemKey };
    const steps = registrationSteps(credentials, { ...made, record });
    const result = await asConnectError(address, connection.link.register(server, steps));
    return result.accepted
      ? { failure: null, receipt: result.receipt }
      : failed(inviteRefused(invite, result.code));
  } catch (error) {
    if (error instanceof LoginError) return failed(inviteRefused(invite, "", error));
    if (error instanceof ConnectError) return failed(error);
    throw error;
  } finally {
    await connection.close();
  }
}

function failed(failure: ConnectError | LoginError): Registered {
  return { failure, receipt: null };
}

/** Logs in; if that is refused after a registration that failed, that failure is the one to tell. */
async function firstLogin(
  credentials: Credentials,
  failure: ConnectError | LoginError | null,
): Promise<Account> {
  try {
    return await openAccount(credentials);
  } catch (error) {
    if (failure !== null && (error instanceof LoginError || error instanceof ConnectError)) {
      throw failure;
    }
    throw error;
  }
}

/** What the server says of an invite (M6R), as a sentence and what to do. */
const INVITE_REFUSALS: ReadonlyMap<string, readonly [text: string, hint: string]> = new Map([
  ["invite_unknown", [
    "is not known to the server",
    "Copy the whole line; if there was a newer invite, use that one.",
  ]],
  ["invite_expired", ["has expired", "Ask the administrator for a new one."]],
  ["account_taken", [
    "has been used",
    "If it was you who joined, connect with your password; if not, tell the administrator.",
  ]],
]);

function inviteRefused(invite: Invite, code: string, cause?: LoginError): LoginError {
  const [text, hint] = INVITE_REFUSALS.get(code) ?? [
    "was not accepted by the server",
    "Ask the administrator for a new one. If you have joined already, connect with your password.",
  ];
  return new LoginError("invite_refused", `The invite for ${invite.user} ${text}.`, {
    hint,
    cause,
  });
}

interface NewAccount {
  readonly invite: Invite;
  readonly keys: Pick<KeyBundle, "kem" | "signing">;
  /** 20 bytes. */
  readonly recoveryCode: Bytes;
  readonly record: ServerRecord;
  readonly onReset?: (() => void) | undefined;
}

function registrationSteps(
  { user, password }: Credentials,
  { invite, keys, recoveryCode, record: server, onReset }: NewAccount,
): RegistrationSteps {
  const { realm } = server;
  const owner = { realm, user, password };
  const { request, ...state } = startRegistration(owner);
  return {
    user,
    token: inviteToken(invite.secret),
    request,
    async finish({ response, grant }): Promise<Registration> {
      const identity = await newIdentity({ invite, keys, server, grant });
      if (grant !== null) onReset?.();
      const { record, exportKey } = await new PasswordWork().finishRegistration(
        owner,
        state,
        response,
      );
      const bundle = { ...keys, earlierKem: [], devices: [] };
      const bundleKey = newBundleKey();
      const slots = [
        wrapSlotP(owner, bundleKey, { exportKey }),
        wrapSlotR(owner, bundleKey, recoveryCode),
      ];
      const place = { realm, user, revision: FIRST_STATE_REVISION };
      const first = withInvite({ ...EMPTY_ACCOUNT_STATE, identity: identity.hash }, invite);
      const registration = {
        record,
        identity: identity.bytes,
        bundle: sealBundle({ realm, user, bundle, bundleKey, version: 1, slots }),
        state: sealState(bundleKey, place, first),
        recoveryHash: recoveryAuthHash(recoveryAuth(recoveryCode)),
      };
      wipe(bundleKey, exportKey);
      return registration;
    },
  };
}

/** The first identity of a name, or one that begins it anew as the grant allows. */
async function newIdentity(
  { invite: { user, secret: inviteSecret, inviterFingerprint }, keys, server, grant }: {
    invite: Invite;
    keys: Pick<KeyBundle, "kem" | "signing">;
    server: ServerRecord;
    grant: Bytes | null;
  },
): Promise<IdentityRecord> {
  const signer = await importSigner(keys.signing);
  const { publicKey: kemPublicKey } = keys.kem;
  const made = { user, kemPublicKey, signer, time: systemClock.now(), inviteSecret };
  if (grant === null) return await makeFirstIdentity(made);
  const parsed = parseInviteGrant(grant);
  // Whose invite it is says whose word this must be; an administrator's signature is checked by
  // everybody who sees the record, and by the server, which both have her key.
  const by = inviterFingerprint ?? cutHash(fingerprintOf(server.signingKey));
  if (!equalBytes(by, cutHash(parsed.byFingerprint))) throw foreignGrant(user);
  if (inviterFingerprint === null) await verifyInviteGrant(parsed, server.signingKey);
  return await makeResetIdentity({ ...made, grant: parsed });
}

function foreignGrant(user: string): TrustError {
  return new TrustError(
    "invite_grant",
    `The permission for ${user} to begin anew is not by whoever made this invite.`,
    { hint: "Do not go on: ask whoever invited you." },
  );
}
