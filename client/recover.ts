/** A new password with the recovery code, on any computer and with nothing else at hand. */

import { type Bytes, equalBytes, wipe } from "../crypto/bytes.ts";
import type { EnrolledDevice } from "../crypto/bundle_keys.ts";
import { signedCredentials } from "../crypto/credentials.ts";
import { DecryptionError, FormatError } from "../crypto/errors.ts";
import { isHardened, openBundleWithRecovery } from "../crypto/key_bundle.ts";
import { normalizeUserName } from "../crypto/names.ts";
import { startRegistration } from "../crypto/password_client.ts";
import { passwordReady } from "../crypto/password_identifiers.ts";
import { recoveryAuth } from "../crypto/recovery_code.ts";
import type { RecoverySteps } from "../protocol/client_steps.ts";
import type { Recovery } from "../protocol/messages/recovery.ts";
import { openAccess, sealChanged } from "./access.ts";
import type { Account } from "./account.ts";
import { computerName } from "./care/device_name.ts";
import { newDevice, withDevice } from "./care/devices.ts";
import { asConnectError } from "./connect_problem.ts";
import { Connection } from "./connection.ts";
import type { OwnDevice } from "./device_store.ts";
import { ConnectError, LoginError } from "./errors.ts";
import { givenPassword, type LoginOptions, meetServer } from "./login.ts";
import { foreign } from "./login_steps.ts";
import { openAccount } from "./open_account.ts";
import { PasswordWork } from "./password_work.ts";
import { type Credentials, notPinned } from "./session.ts";
import { fetchRecord } from "./trust.ts";

export interface RecoverOptions extends Omit<LoginOptions, "enrolCode"> {
  /** The recovery code, 20 bytes; a function is asked once the server is trusted. */
  readonly code: Bytes | (() => Promise<Bytes>);
  /** The new password (already accepted by `judgePassword`), or how to ask for it. */
  readonly password: LoginOptions["password"];
}

/**
 * Sets a new password with the recovery code and logs in with it. The mail and the keys are as
 * before; the code goes on counting. On a hardened account this computer becomes one of the enrolled
 * devices. Done again after it broke off, it goes on where it was.
 *
 * @throws as `login`; LoginError `recovery_refused` when the server does not take the code.
 */
export async function recoverAccount(options: RecoverOptions): Promise<Account> {
  const { address, config, onStep, confirmServer } = options;
  const user = normalizeUserName(options.user.trim());
  onStep?.("connecting");
  await meetServer(address, config, {
    by: "user",
    ...(confirmServer === undefined ? {} : { confirm: confirmServer }),
  });
  const code = typeof options.code === "function" ? await options.code() : options.code;
  const password = await givenPassword(options.password);
  const credentials = { address, user, password, config };
  onStep?.("recovering");
  const failure = await recover(credentials, code);
  onStep?.("logging_in");
  const account = await loginAfter(credentials, failure);
  await config.saveLast({ server: address, user });
  return account;
}

/**
 * Recovers. A failure that leaves open whether the server has done it is returned; the login that
 * follows decides.
 */
async function recover(
  credentials: Credentials,
  code: Bytes,
): Promise<ConnectError | LoginError | null> {
  const { address, config, user } = credentials;
  const [connection] = await Promise.all([Connection.open(address), passwordReady()]);
  try {
    const { record, known } = await fetchRecord(connection, address, config);
    if (!known) throw notPinned();
    const server = { record: record.bytes, kemPublicKey: record.kemKey };
    const steps = recoverySteps(credentials, { code, realm: record.realm });
    const outcome = await asConnectError(address, connection.link.recover(server, steps));
    if (outcome !== null) throw refused(user);
    return null;
  } catch (error) {
    if (error instanceof LoginError && error.code === "login_refused") return brokenOff(error);
    if (error instanceof ConnectError) return error;
    throw error;
  } finally {
    await connection.close();
  }
}

async function loginAfter(
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

function recoverySteps(
  { user, password, config }: Credentials,
  { code, realm }: { code: Bytes; realm: Bytes },
): RecoverySteps {
  const owner = { realm, user, password };
  const { request, ...state } = startRegistration(owner);
  return {
    user,
    auth: recoveryAuth(code),
    request,
    async finish({ response, bundle: sealed }): Promise<Recovery> {
      const opened = openWithCode({ realm, user, sealed, code });
      const { record, exportKey } = await new PasswordWork().finishRegistration(
        owner,
        state,
        response,
      );
      const access = await openAccess(opened, { sealed, exportKey, device: null });
      // One that is enrolled already stays so: its secret must outlive a recovery that fails.
      const isNew = isHardened(access.slots) &&
        !isEnrolled(await config.device({ realm, user }).read(), access.bundle.devices);
      const made = isNew ? newDevice(access.bundle.devices, computerName()) : null;
      if (made !== null) await config.device({ realm, user }).write(ownDevice(made));
      const devices = made === null
        ? access.bundle.devices
        : withDevice(access.bundle.devices, made);
      const bundle = sealChanged({ realm, user }, access, {
        bundle: { ...access.bundle, devices },
      });
      const version = access.version + 1;
      const change = { user, version, record, recoveryHash: null, identity: null, bundle };
      const signature = await access.keys.signer.sign("credentials", signedCredentials(change));
      wipe(exportKey);
      return { record, bundle, signature };
    },
  };
}

function openWithCode(bundle: Parameters<typeof openBundleWithRecovery>[0]) {
  try {
    return openBundleWithRecovery(bundle);
  } catch (cause) {
    if (cause instanceof DecryptionError || cause instanceof FormatError) throw foreign(cause);
    throw cause;
  }
}

function isEnrolled(own: OwnDevice | null, devices: readonly EnrolledDevice[]): boolean {
  return own !== null &&
    devices.some(({ slot, secret }) => slot === own.slot && equalBytes(secret, own.secret));
}

function ownDevice({ slot, name, secret }: EnrolledDevice): OwnDevice {
  return { slot, name, secret };
}

function brokenOff(cause: LoginError): LoginError {
  return new LoginError("recovery_broken_off", "The recovery was not finished.", {
    hint: "The connection was lost, or the server makes one wait after several wrong codes. Try " +
      "again in some minutes; nothing is done twice.",
    cause,
  });
}

function refused(user: string): LoginError {
  return new LoginError("recovery_refused", `The server does not take this code for ${user}.`, {
    hint: "Check the user name; only the newest recovery code counts. After several wrong codes " +
      "the server makes one wait: try again in some minutes. Without a code and without the " +
      "password nobody can open the mailbox any more; an administrator can only reset it, empty.",
  });
}
