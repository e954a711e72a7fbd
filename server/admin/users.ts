/**
 * What an administrator does with accounts at the server's machine. User names are taken in any
 * case. Everything that changes something for others is an entry of the key log.
 */

import type { UserRole } from "../../crypto/invite_grant.ts";
import type { AdminActType } from "../../crypto/log_entry.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { AccountError } from "../errors.ts";
import type { AccountContents } from "../vault/account_columns.ts";
import type { User } from "../vault/accounts.ts";
import { actEntry, type NewLogEntry } from "../vault/new_log_entry.ts";
import type { AdminOffice } from "./office.ts";

/** All users in the order of their creation. */
export function listUsers({ accounts }: AdminOffice): Promise<User[]> {
  return accounts.all();
}

/**
 * Keeps a user out, or lets the user in again. Sessions that are open end.
 *
 * @throws {AccountError} `user_unknown`
 */
export function setDisabled(
  office: AdminOffice,
  name: string,
  disabled: boolean,
): Promise<string> {
  return act(office, name, (account) => {
    if ((account.status === "disabled") === disabled) return null;
    const status = disabled ? "disabled" : usableStatus(account);
    return { account: { ...account, status }, types: [disabled ? "disabled" : "enabled"] };
  });
}

/**
 * Makes a user an administrator, who may invite and reset others, or a member again.
 *
 * @throws {AccountError} `user_unknown`; `user_state` when nobody has joined it yet
 */
export function setRole(office: AdminOffice, name: string, role: UserRole): Promise<string> {
  return act(office, name, (account) => {
    if (account.login === null) {
      throw new AccountError("user_state", `"${account.user}" has not joined yet.`, {
        hint: `Make a new invite instead: mailsec user invite ${account.user}` +
          (role === "admin" ? " --admin" : ""),
      });
    }
    if (account.role === role) return null;
    const type = role === "admin" ? "admin_granted" : "admin_revoked";
    return { account: { ...account, role }, types: [type] };
  });
}

/**
 * Removes a user with mailbox, login and invites. Mail to others stays with them.
 *
 * @throws {AccountError} `user_unknown`
 */
export function removeUser(office: AdminOffice, name: string): Promise<string> {
  return act(office, name, ({ role }) => ({
    account: null,
    types: role === "admin" ? ["admin_revoked", "removed"] : ["removed"],
  }));
}

/** Changes the account of a user that there is, and logs it. Returns the name in its normal form. */
async function act(
  { accounts }: AdminOffice,
  name: string,
  decide: (
    account: AccountContents,
  ) => { account: AccountContents | null; types: readonly AdminActType[] } | null,
): Promise<string> {
  const user = normalizeUserName(name);
  await accounts.change(user, (account) => {
    if (account === null) {
      throw new AccountError("user_unknown", `There is no user "${user}".`);
    }
    const change = decide(account);
    if (change === null) return null;
    return { account: change.account, acts: change.types.map((type) => entryOf(type, user)) };
  });
  return user;
}

function entryOf(type: AdminActType, user: string): NewLogEntry {
  return actEntry({ type, user, by: "", time: Date.now() });
}

/** What a disabled account was before. */
function usableStatus({ joined, login }: AccountContents): AccountContents["status"] {
  if (joined !== null) return "active";
  return login === null ? "invited" : "registered";
}
