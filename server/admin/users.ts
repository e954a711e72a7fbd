/** What an administrator does with accounts. User names are taken in any case. */

import { inviteToken, inviteTokenHash, makeInvite, newInviteSecret } from "../../crypto/invite.ts";
import { EMPTY_ROOT } from "../../crypto/merkle.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import type { HostPort } from "../address.ts";
import { readAddress } from "../data_folder.ts";
import { AccountError, DataFolderError } from "../errors.ts";
import type { User } from "../vault/accounts.ts";
import { realmOf } from "../vault/server_keys.ts";
import type { AdminOffice } from "./office.ts";

/** An invite is good for so long, in ms. */
export const INVITE_LIFETIME_MS = 72 * 60 * 60_000;

export interface NewInvite {
  readonly user: string;
  /** The line to hand over: the only copy there is. */
  readonly invite: string;
  /** ms since the epoch. */
  readonly expires: number;
}

/**
 * Makes an account, or finds one that nobody has joined yet, and an invite for it; an earlier invite
 * of that name is worth nothing any more.
 *
 * @param address What the invite names; null: what the server last listened as.
 * @throws {FormatError} on a name that is not one
 * @throws {AccountError} when the user has joined already
 */
export async function inviteUser(
  { paths, secrets, store, accounts }: AdminOffice,
  name: string,
  { now, address }: { now: number; address: HostPort | null },
): Promise<NewInvite> {
  const user = normalizeUserName(name);
  const { host, port } = address ?? readAddress(paths) ?? noAddress();
  const status = await accounts.statusOf(user);
  if (status === null) {
    await accounts.create(user, now);
  } else if (status !== "invited") {
    throw new AccountError("user_exists", `"${user}" has an account already (${status}).`, {
      hint: "A user keeps the account on every machine; mailsec user list shows them all.",
    });
  }
  const secret = newInviteSecret();
  const expires = now + INVITE_LIFETIME_MS;
  const tokenHash = inviteTokenHash(inviteToken(secret));
  if (!await store.putInvite({ tag: accounts.tagOf(user), tokenHash, expires })) {
    throw new AccountError("user_state", `"${user}" has joined in this very moment.`);
  }
  const invite = makeInvite({
    ...{ user, host, port, secret, rootFingerprint: realmOf(secrets) },
    ...{ logSize: 0, logRoot: EMPTY_ROOT, inviterFingerprint: null },
  });
  return { user, invite, expires };
}

/** All users in the order of their creation. */
export function listUsers({ accounts }: AdminOffice): Promise<User[]> {
  return accounts.all();
}

/**
 * Keeps a user out, or lets the user in again. Sessions that are open end.
 *
 * @throws {AccountError} `user_unknown`
 */
export async function setDisabled(
  { accounts }: AdminOffice,
  name: string,
  disabled: boolean,
): Promise<string> {
  const user = normalizeUserName(name);
  if (disabled) await accounts.disable(user);
  else await accounts.enable(user);
  return user;
}

/**
 * Removes a user with mailbox, login and invites. Mail to others stays with them.
 *
 * @throws {AccountError} `user_unknown`
 */
export async function removeUser({ store, accounts }: AdminOffice, name: string): Promise<string> {
  const user = normalizeUserName(name);
  if (await store.removeAccount(accounts.tagOf(user))) return user;
  throw new AccountError("user_unknown", `There is no user "${user}".`);
}

function noAddress(): never {
  throw new DataFolderError("data_folder", "The server has not listened on any address yet.", {
    hint: "Start it once with mailsec serve, or give --public-address HOST:PORT.",
  });
}
