/** A new password, and a new recovery code: both wrap the bundle key anew and touch no mail. */

import { startRegistration } from "../../crypto/password_client.ts";
import {
  formatRecoveryCode,
  newRecoveryCode,
  recoveryAuth,
  recoveryAuthHash,
} from "../../crypto/recovery_code.ts";
import { passwordStart } from "../../protocol/messages/password_start.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import type { KeepCode } from "../account_care.ts";
import { LoginError } from "../errors.ts";
import { type FinishedRegistration, PasswordWork } from "../password_work.ts";
import type { CaredAccount } from "./cared_account.ts";
import { changeCredentials } from "./change_credentials.ts";

/** See AccountCare. */
export async function changePassword(
  account: CaredAccount,
  { current, next }: { current: string; next: string },
): Promise<void> {
  const { realm, user } = account;
  if (!account.isPassword(current)) {
    throw new LoginError("wrong_password", "This is not the present password.", {
      hint: "Nothing was changed. Who has forgotten it uses mailsec recover.",
    });
  }
  const owner = { realm, user, password: next };
  // Good for every try: the server answers only so many of these requests.
  let made: FinishedRegistration | undefined;
  await changeCredentials(account, async (_, session) => {
    const { request, ...state } = startRegistration(owner);
    made ??= await new PasswordWork().finishRegistration(
      owner,
      state,
      (await session.request(passwordStart, { request })).response,
    );
    account.alsoTry(next);
    return made;
  });
}

/** See AccountCare. */
export async function renewRecoveryCode(account: CaredAccount, keep: KeepCode): Promise<void> {
  const code = newRecoveryCode();
  await keep(formatRecoveryCode(code));
  await setRecoveryCode(account, code);
}

/** From now on this recovery code (20 bytes) counts, and no earlier one. */
export async function setRecoveryCode(account: CaredAccount, code: Bytes): Promise<void> {
  const recoveryHash = recoveryAuthHash(recoveryAuth(code));
  await changeCredentials(account, () => Promise.resolve({ recoveryCode: code, recoveryHash }));
}
