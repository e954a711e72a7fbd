/** Logging in, with what a first login has still to do. */

import { Account } from "./account.ts";
import { connectProblem } from "./connect_problem.ts";
import { trustInviteOnce } from "./invite_trust.ts";
import type { Credentials } from "./session.ts";

/**
 * Opens an account; if the invite it began with was not yet held against the log, that comes first.
 *
 * @throws as `Account.open`
 */
export async function openAccount(credentials: Credentials): Promise<Account> {
  const account = await Account.open(credentials);
  try {
    await trustInviteOnce(account);
    return account;
  } catch (error) {
    await account.close();
    throw connectProblem(account.address, error);
  }
}
