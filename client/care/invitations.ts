/** Invites made by an administrator's own client. */

import { type Bytes, equalBytes, fromHex } from "../../crypto/bytes.ts";
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
import { shownHead, unlogged } from "../key_log/findings.ts";
import { notPinned } from "../session.ts";
import type { CaredAccount } from "./cared_account.ts";

/** What the first record of a name names as the one before it. */
const FIRST = { epoch: 1, prevHash: new Uint8Array(32) };

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

/**
 * Which of the name's identity records the invited user will make. What the server says about that is
 * signed in this user's name, so it has to be what the key log says, too.
 *
 * @throws {TrustError} with an AlarmCode: something is wrong with the key log.
 */
async function nextIdentity(
  { request, log }: CaredAccount,
  user: string,
): Promise<{ epoch: number; prevHash: Bytes }> {
  for (let isFirst = true;; isFirst = false) {
    const { results } = await request(lookup, { users: [user] });
    await log.sync();
    await log.alarms.assertNone();
    const record = results[0]?.identities.at(-1);
    const newest = (await log.entries()).identitiesOf(user).at(-1);
    if (record === undefined && newest === undefined) return FIRST;
    const { epoch, hash } = record === undefined ? { epoch: 0, hash: null } : parseIdentity(record);
    if (hash !== null && newest !== undefined && equalBytes(hash, newest.recordHash)) {
      return { epoch: epoch + 1, prevHash: hash };
    }
    // The keys may have changed between the two questions, which is no reason for an alarm.
    if (isFirst) continue;
    await log.alarms.raise(unlogged(user, {
      records: record === undefined ? [] : [record],
      entries: newest === undefined ? [] : [newest],
      heads: [shownHead("server", log.head)],
    }));
  }
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
