/** Joining a server with an invite: new keys, registration, first login. */

import { EMPTY_ACCOUNT_STATE, FIRST_STATE_REVISION, sealState } from "../crypto/account_state.ts";
import { type Bytes, wipe } from "../crypto/bytes.ts";
import { generateKemKeyPair } from "../crypto/composite_kem.ts";
import { makeFirstIdentity } from "../crypto/identity.ts";
import { type Invite, inviteToken, parseInvite } from "../crypto/invite.ts";
import { newBundleKey, sealBundle, wrapSlotP } from "../crypto/key_bundle.ts";
import type { KeyBundle } from "../crypto/bundle_keys.ts";
import { finishRegistration, startRegistration } from "../crypto/password_client.ts";
import { passwordReady } from "../crypto/password_identifiers.ts";
import { newRecoveryCode, recoveryAuth, recoveryAuthHash } from "../crypto/recovery_code.ts";
import { generateSigningKeyPair, importSigner } from "../crypto/sign.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { RegistrationSteps } from "../protocol/client_link.ts";
import type { Registration } from "../protocol/messages/registration.ts";
import { Account } from "./account.ts";
import { systemClock } from "./clock.ts";
import type { ConfigStore } from "./config_store.ts";
import { asConnectError } from "./connect_problem.ts";
import { Connection } from "./connection.ts";
import { ConnectError, LoginError } from "./errors.ts";
import { givenPassword, type LoginStep, meetServer } from "./login.ts";
import type { Credentials } from "./session.ts";
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
  readonly onStep?: (step: LoginStep) => void;
}

/**
 * Registers the invited user and logs in. The server is checked against the invite before
 * anything secret is sent, and pinned. Done again after it broke off, with the same password, it
 * goes on where it was: a registration that the server has is followed by the login alone.
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
  onStep?.("registering");
  const failure = await register(credentials, invite, keys);
  onStep?.("logging_in");
  const account = await firstLogin(credentials, failure);
  await config.saveLast({ server: address, user: invite.user });
  return account;
}

/**
 * Registers. A failure that leaves open whether the server has the registration is returned; the
 * login that follows decides.
 */
async function register(
  credentials: Credentials,
  invite: Invite,
  keys: KeyBundle,
): Promise<ConnectError | LoginError | null> {
  const { address, config } = credentials;
  const [connection] = await Promise.all([Connection.open(address), passwordReady()]);
  try {
    const { record, known } = await fetchRecord(connection, address, config);
    if (!known) throw new TrustError("server_unknown", "The server is not pinned any more.");
    const server = { record: record.bytes, kemPublicKey: record.kemKey };
    const steps = registrationSteps(credentials, { invite, keys, realm: record.realm });
    const result = await asConnectError(address, connection.link.register(server, steps));
    return result.accepted ? null : inviteRefused(invite, result.code);
  } catch (error) {
    if (error instanceof LoginError) return inviteRefused(invite, "", error);
    if (error instanceof ConnectError) return error;
    throw error;
  } finally {
    await connection.close();
  }
}

/** Logs in; if that is refused after a registration that failed, that failure is the one to tell. */
async function firstLogin(
  credentials: Credentials,
  failure: ConnectError | LoginError | null,
): Promise<Account> {
  try {
    return await Account.open(credentials);
  } catch (error) {
    if (failure !== null && (error instanceof LoginError || error instanceof ConnectError)) {
      throw failure;
    }
    throw error;
  }
}

/** What the server says of an invite (M6R), as a sentence and what to do. */
const INVITE_REFUSALS: Readonly<Record<string, readonly [text: string, hint: string]>> = {
  invite_unknown: [
    "is not known to the server",
    "Copy the whole line; if there was a newer invite, use that one.",
  ],
  invite_expired: ["has expired", "Ask the administrator for a new one."],
  account_taken: [
    "has been used",
    "If it was you who joined, connect with your password; if not, tell the administrator.",
  ],
};

function inviteRefused(invite: Invite, code: string, cause?: LoginError): LoginError {
  const [text, hint] = INVITE_REFUSALS[code] ?? [
    "was not accepted by the server",
    "Ask the administrator for a new one. If you have joined already, connect with your password.",
  ];
  return new LoginError("invite_refused", `The invite for ${invite.user} ${text}.`, {
    hint,
    cause,
  });
}

/** Slow (0.2 to 1.5 s, RSA), so done before a connection waits. */
async function newKeys(): Promise<KeyBundle> {
  const [kem, signing] = await Promise.all([generateKemKeyPair(), generateSigningKeyPair()]);
  return {
    kem: { publicKey: kem.publicKey, ...kem.secret },
    signing: signing.secret,
    earlierKem: [],
    devices: [],
  };
}

function registrationSteps(
  { user, password }: Credentials,
  { invite, keys, realm }: { invite: Invite; keys: KeyBundle; realm: Bytes },
): RegistrationSteps {
  const owner = { realm, user, password };
  const { request, ...state } = startRegistration(owner);
  return {
    user,
    token: inviteToken(invite.secret),
    request,
    async finish({ response }): Promise<Registration> {
      const place = { realm, user, revision: FIRST_STATE_REVISION };
      const { record, exportKey } = finishRegistration(owner, state, response);
      const bundleKey = newBundleKey();
      const slots = [wrapSlotP(owner, bundleKey, { exportKey })];
      const identity = await makeFirstIdentity({
        user,
        kemPublicKey: keys.kem.publicKey,
        signer: await importSigner(keys.signing),
        time: systemClock.now(),
        inviteSecret: invite.secret,
      });
      const registration = {
        record,
        identity: identity.bytes,
        bundle: sealBundle({ realm, user, bundle: keys, bundleKey, version: 1, slots }),
        state: sealState(bundleKey, place, EMPTY_ACCOUNT_STATE),
        recoveryHash: recoveryAuthHash(recoveryAuth(newRecoveryCode())),
      };
      wipe(bundleKey, exportKey);
      return registration;
    },
  };
}
