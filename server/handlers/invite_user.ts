import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import {
  type InviteGrant,
  parseInviteGrant,
  verifyInviteGrant,
} from "../../crypto/invite_grant.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { inviteUser } from "../../protocol/messages/invite_user.ts";
import { INVITE_LIFETIME_MS, placeInvite } from "../vault/invites.ts";
import type { Handler, RequestContext } from "./handler.ts";

/** How far an administrator's clock may be ahead of the server's, in ms. */
const MAX_AHEAD_MS = 24 * 60 * 60_000;

/**
 * Lets an administrator invite or reset somebody. What she wants is in a grant with her signature,
 * so a session worker that was taken over cannot invite anybody in her name, nor make a reset of what
 * was to be an invite; and the invite ends at a time after the one she signed, so an earlier grant
 * that is brought again gains nothing. Nobody resets herself: the grant would not count any more.
 */
export const handleInviteUser: Handler<typeof inviteUser> = async (context, { grant, reset }) => {
  const { accounts, now, endSessions } = context.office;
  if (!await accounts.isAdmin(context.user)) throw new ServerError("not_admin");
  const granted = await verified(context, grant);
  if (granted.reset !== reset || (reset && granted.user === context.user)) {
    throw new ServerError("bad_request");
  }
  const time = now();
  if (granted.time > time + MAX_AHEAD_MS) throw new ServerError("bad_request");
  const expires = Math.min(granted.time, time) + INVITE_LIFETIME_MS;
  if (expires <= time) throw new ServerError("bad_request");
  const { user } = granted;
  if (await wasRemovedSince(context, granted)) throw new ServerError("bad_request");
  const wish = { user, reset, expires, now: time, grant: () => granted };
  const outcome = await placeInvite(accounts, wish);
  if (outcome === "unfit") throw new ServerError("bad_request");
  if (outcome !== "invited") throw new ServerError(outcome, [user]);
  endSessions(accounts.tagOf(user), "credentials_changed");
  return { expires };
};

/** Whether the name was removed after the grant was made, which ended the invites that it had. */
async function wasRemovedSince(
  { office }: RequestContext,
  { user, time }: InviteGrant,
): Promise<boolean> {
  const records = await office.keyLog.recordsOf(user);
  return records.some(({ entry }) => entry.type === "removed" && entry.time > time);
}

/** The grant, which is this user's. */
async function verified(
  { user, session, office }: RequestContext,
  bytes: Bytes,
): Promise<InviteGrant> {
  const keys = await office.accounts.identityRecords(user);
  const mine = keys.find(({ fingerprint }) => equalBytes(fingerprint, session.fingerprint));
  try {
    const grant = parseInviteGrant(bytes);
    if (mine === undefined || grant.by !== user) throw new ServerError("bad_request");
    await verifyInviteGrant(grant, mine.signingPublicKey);
    return grant;
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError) {
      throw new ServerError("bad_request");
    }
    throw error;
  }
}
