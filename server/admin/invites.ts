/** Invites made at the server's machine. User names are taken in any case. */

import type { Bytes } from "../../crypto/bytes.ts";
import { inviteToken, inviteTokenHash, makeInvite, newInviteSecret } from "../../crypto/invite.ts";
import { makeInviteGrant, type UserRole } from "../../crypto/invite_grant.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { importSigner } from "../../crypto/sign.ts";
import type { HostPort } from "../address.ts";
import { readAddress } from "../data_folder.ts";
import { AccountError, DataFolderError } from "../errors.ts";
import { INVITE_LIFETIME_MS, type InviteWishOutcome, placeInvite } from "../vault/invites.ts";
import { realmOf } from "../vault/server_keys.ts";
import type { AdminOffice } from "./office.ts";

export interface NewInvite {
  readonly user: string;
  /** The line to hand over: the only copy there is. */
  readonly invite: string;
  /** ms since the epoch. */
  readonly expires: number;
}

export interface InviteOptions {
  /** ms since the epoch. */
  readonly now: number;
  /** What the invite names; null: what the server last listened as. */
  readonly address: HostPort | null;
  /** What the user will be; unless given, what she is or was invited as, else a member. */
  readonly role?: UserRole;
}

/**
 * Makes an account, or finds one that nobody has joined yet, and an invite for it; an earlier invite
 * of that name is worth nothing any more.
 *
 * @throws {FormatError} on a name that is not one
 * @throws {AccountError} `user_exists` when the user has joined already
 */
export function inviteUser(
  office: AdminOffice,
  name: string,
  options: InviteOptions,
): Promise<NewInvite> {
  return invite(office, name, { ...options, reset: false });
}

/**
 * Takes an account back to invited: login, keys and mailbox are of no use to its owner any more, and
 * the mailbox is emptied. Sessions that are open end. The role stays.
 *
 * @throws {FormatError} on a name that is not one
 * @throws {AccountError} `user_unknown`; `user_state` when nobody has joined it yet
 */
export async function resetUser(
  office: AdminOffice,
  name: string,
  options: Omit<InviteOptions, "role">,
): Promise<NewInvite> {
  const user = normalizeUserName(name);
  if (await office.accounts.statusOf(user) === "invited") {
    throw new AccountError("user_state", `"${user}" has not joined yet.`, {
      hint: `A new invite is enough: mailsec user invite ${user}`,
    });
  }
  return await invite(office, name, { ...options, reset: true });
}

async function invite(
  { paths, secrets, accounts, keyLog }: AdminOffice,
  name: string,
  { now, address, role, reset }: InviteOptions & { reset: boolean },
): Promise<NewInvite> {
  const user = normalizeUserName(name);
  const { host, port } = address ?? readAddress(paths) ?? noAddress();
  const secret = newInviteSecret();
  const tokenHash = inviteTokenHash(inviteToken(secret));
  const expires = now + INVITE_LIFETIME_MS;
  const signer = await importSigner(secrets.signing);
  const outcome = await placeInvite(accounts, {
    ...{ user, reset, expires, now },
    grant: (next, kept) =>
      makeInviteGrant({
        ...{ user, reset, tokenHash, time: now, by: "", signer },
        ...next,
        role: role ?? kept,
      }),
  });
  if (outcome !== "invited") throw refusal(outcome, user);
  const root: Bytes = realmOf(secrets);
  // After the reset, so that the new user's client sees it in the log, too.
  const { size: logSize, root: logRoot } = await keyLog.head();
  const line = makeInvite({
    ...{ user, host, port, secret, rootFingerprint: root },
    ...{ logSize, logRoot, inviterFingerprint: null },
  });
  return { user, invite: line, expires };
}

function refusal(outcome: Exclude<InviteWishOutcome, "invited">, user: string): Error {
  if (outcome === "user_unknown") {
    return new AccountError("user_unknown", `There is no user "${user}".`);
  }
  if (outcome === "user_exists") {
    return new AccountError("user_exists", `"${user}" has an account already.`, {
      hint: "A user keeps the account on every machine. Who has lost password and recovery code " +
        `gets a new start with mailsec user reset ${user}`,
    });
  }
  return new Error(`the grant for ${user} does not fit its own name`);
}

function noAddress(): never {
  throw new DataFolderError("data_folder", "The server has not listened on any address yet.", {
    hint: "Start it once with mailsec serve, or give --public-address HOST:PORT.",
  });
}
