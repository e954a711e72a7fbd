/**
 * Invites as accounts have them: a signed grant that waits in the profile for its registration.
 *
 * Invariant: a grant that waits is signed by the server's root key or by an administrator, and names
 * the record that the registration makes. Identity records outlive accounts, so a name that has had
 * keys before gets a grant for a reset.
 */

import { equalBytes } from "../../crypto/bytes.ts";
import { type InviteGrant, parseInviteGrant, type UserRole } from "../../crypto/invite_grant.ts";
import type { AccountContents } from "./account_columns.ts";
import type { Accounts } from "./accounts.ts";
import { type NextIdentity, nextIdentity } from "./identity_chain.ts";
import { actEntry } from "./new_log_entry.ts";
import { newProfile } from "./profile.ts";

/** An invite is good for so long, in ms. */
export const INVITE_LIFETIME_MS = 72 * 60 * 60_000;

/** What somebody wants to invite with. */
export interface InviteWish {
  readonly user: string;
  /** Whether an account that has been joined goes back to invited, with an empty mailbox. */
  readonly reset: boolean;
  /** When the invite ends, ms since the epoch. */
  readonly expires: number;
  /** ms since the epoch. */
  readonly now: number;
  /** The grant for this place and, unless it says otherwise itself, with this role. */
  grant(next: NextIdentity, role: UserRole): InviteGrant | Promise<InviteGrant>;
}

/**
 * - `user_exists`: somebody has joined under this name, and no reset is wanted.
 * - `user_unknown`: a reset of what is not there.
 * - `unfit`: the grant is for another name or another place in the chain, or a later one waits.
 */
export type InviteWishOutcome = "invited" | "user_exists" | "user_unknown" | "unfit";

/**
 * Makes an account that waits for its registration, or gives one that waits already another invite,
 * or takes one back to that. An earlier invite is worth nothing any more.
 */
export async function placeInvite(
  accounts: Accounts,
  wish: InviteWish,
): Promise<InviteWishOutcome> {
  let outcome: InviteWishOutcome = "invited";
  await accounts.change(wish.user, async (account, identities) => {
    outcome = admissionOf(account, wish.reset);
    if (outcome !== "invited") return null;
    const next = nextIdentity(identities);
    const grant = await wish.grant(next, account?.role ?? "member");
    if (!fits(grant, wish.user, next) || isOvertaken(grant, account)) {
      outcome = "unfit";
      return null;
    }
    const invite = { tokenHash: grant.tokenHash, expires: wish.expires };
    if (account !== null && account.status !== "invited") {
      const { user, now } = wish;
      const act = actEntry({ type: "account_reset", user, by: grant.by, time: now });
      return { account: emptied(account, grant), empties: true, invite, acts: [act] };
    }
    const kept = account ?? { ...newProfile(wish.user, wish.now), ...WITHOUT_LOGIN };
    return { account: { ...kept, grant: grant.bytes }, invite };
  });
  return outcome;
}

const WITHOUT_LOGIN = { status: "invited", login: null, bundle: null } as const;

function admissionOf(account: AccountContents | null, reset: boolean): InviteWishOutcome {
  if (account === null) return reset ? "user_unknown" : "invited";
  return account.status === "invited" || reset ? "invited" : "user_exists";
}

function fits(grant: InviteGrant, user: string, next: NextIdentity): boolean {
  return grant.user === user && grant.epoch === next.epoch &&
    equalBytes(grant.prevHash, next.prevHash);
}

/**
 * Whether a user's grant is older than the one that waits: a new invite ends the earlier one, and
 * that must not come back because somebody has kept its grant.
 */
function isOvertaken({ by, time }: InviteGrant, account: AccountContents | null): boolean {
  const waiting = account?.grant ?? null;
  return by !== "" && waiting !== null && parseInviteGrant(waiting).time > time;
}

/** The role stays until the registration: see registration.ts. */
function emptied({ user, created, role }: AccountContents, grant: InviteGrant): AccountContents {
  return { ...newProfile(user, created), ...WITHOUT_LOGIN, role, grant: grant.bytes };
}
