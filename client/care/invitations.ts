/** Invites made by an administrator's own client. */

import { type Bytes, fromHex } from "../../crypto/bytes.ts";
import { parseIdentity } from "../../crypto/identity.ts";
import {
  inviteBindKey,
  inviteToken,
  inviteTokenHash,
  makeInvite,
  newInviteSecret,
} from "../../crypto/invite.ts";
import { makeInviteGrant } from "../../crypto/invite_grant.ts";
import { EMPTY_ROOT } from "../../crypto/merkle.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { inviteUser as message } from "../../protocol/messages/invite_user.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import type { Invitation, SentInvite } from "../account_care.ts";
import { parseServerAddress, type ServerAddress } from "../address.ts";
import { systemClock } from "../clock.ts";
import { notPinned } from "../session.ts";
import type { CaredAccount } from "./cared_account.ts";

const HASH_BYTES = 32;

/** See AccountCare. */
export async function inviteUser(
  account: CaredAccount,
  { user: name, admin = false, reset = false, address: given }: Invitation,
): Promise<SentInvite> {
  const user = normalizeUserName(name.trim());
  const address = given === undefined ? account.address : parseServerAddress(given);
  const secret = newInviteSecret();
  const time = systemClock.now();
  const grant = await makeInviteGrant({
    ...{ user, role: admin ? "admin" : "member", reset, by: account.user, time },
    ...await nextIdentity(account, user),
    tokenHash: inviteTokenHash(inviteToken(secret)),
    signer: account.keys.signer,
  });
  const { expires } = await account.request(message, { grant: grant.bytes, reset });
  const bindKey = inviteBindKey(secret);
  // Before the line is out of our hands: whoever uses it is to be recognized.
  await account.state.update((state) => ({
    state: { ...state, invites: new Map(state.invites).set(user, { bindKey, time }) },
    result: undefined,
  })).committed;
  const invite = await inviteLine(account, { user, address, secret });
  return { user, invite, expires: new Date(expires).toISOString() };
}

/** Which of the name's identity records the invited user will make. */
async function nextIdentity(
  account: CaredAccount,
  user: string,
): Promise<{ epoch: number; prevHash: Bytes }> {
  const { results } = await account.request(lookup, { users: [user] });
  const last = results[0]?.identities.at(-1);
  if (last === undefined) return { epoch: 1, prevHash: new Uint8Array(HASH_BYTES) };
  const { epoch, hash } = parseIdentity(last);
  return { epoch: epoch + 1, prevHash: hash };
}

/** Names this user's keys and the newest head of the log that this user has seen. */
async function inviteLine(
  account: CaredAccount,
  { user, address, secret }: { user: string; address: ServerAddress; secret: Bytes },
): Promise<string> {
  const pin = await account.config.pinnedServer(account.address);
  if (pin === null) throw notPinned();
  const { log } = account.state.current;
  return makeInvite({
    ...{ user, ...address, secret },
    rootFingerprint: fromHex(pin.rootFingerprint),
    logSize: log?.size ?? 0,
    logRoot: log?.root ?? EMPTY_ROOT,
    inviterFingerprint: account.fingerprint,
  });
}
