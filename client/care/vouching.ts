/**
 * Vouching for the users one has invited. The server has never seen an invite's secret; keys that
 * carry its tag were made by whoever got the line from this user, and this user's word for them goes
 * into the key log, for everybody who trusts this user. Keys without the tag are told about until
 * their fingerprint was compared.
 */

import { equalBytes } from "../../crypto/bytes.ts";
import type { AccountState } from "../../crypto/account_state.ts";
import {
  type IdentityRecord,
  identityUsesInvite,
  verifyIdentity,
  verifySuccession,
} from "../../crypto/identity.ts";
import { makeVouch } from "../../crypto/vouch.ts";
import { MAX_LOOKUP_USERS } from "../../protocol/limits.ts";
import { lookup, type LookupReply } from "../../protocol/messages/lookup.ts";
import { putVouch } from "../../protocol/messages/put_vouch.ts";
import { systemClock } from "../clock.ts";
import type { CaredAccount } from "./cared_account.ts";

/** An invite that was not used for so long is forgotten; the server has long done so. */
const FORGOTTEN_AFTER_MS = 90 * 24 * 60 * 60_000;

/**
 * Looks for invited users who have joined, and vouches for those who did with their invite.
 *
 * @returns A sentence for each of the others.
 * @throws {TrustError} for a record that is not what it must be.
 */
export async function vouchForInvited(account: CaredAccount): Promise<string[]> {
  const { invites } = account.state.current;
  if (invites.size === 0) return [];
  const settled: string[] = [];
  const notices: string[] = [];
  for (const result of await lookUp(account, [...invites.keys()])) {
    const { user } = result;
    const invite = invites.get(user)!;
    const chain = result.status === "active" ? await currentChain(result) : null;
    if (chain === null) {
      if (invite.time < systemClock.now() - FORGOTTEN_AFTER_MS) settled.push(user);
    } else if (identityUsesInvite(chain.base, invite.bindKey)) {
      await vouch(account, chain.current);
      settled.push(user);
    } else if (isCompared(account.state.current, chain.current)) {
      settled.push(user);
    } else notices.push(joinedOtherwise(user));
  }
  await forget(account, settled);
  return notices;
}

/** The keys that a name began (anew) with, and those that have followed from them. */
async function currentChain(
  { user, identities }: LookupReply["results"][number],
): Promise<{ base: IdentityRecord; current: IdentityRecord } | null> {
  const records = [];
  for (const bytes of identities.toReversed()) {
    const record = await verifyIdentity(bytes, user);
    records.unshift(record);
    if (record.type !== "rotate") break;
  }
  const [base, current] = [records[0], records.at(-1)];
  if (base === undefined || current === undefined) return null;
  for (const [i, next] of records.slice(1).entries()) await verifySuccession(records[i]!, next);
  return { base, current };
}

async function vouch(account: CaredAccount, { user, hash }: IdentityRecord): Promise<void> {
  const { user: voucher, keys: { signer } } = account;
  const time = systemClock.now();
  const { bytes } = await makeVouch({ voucher, signer, user, identityHash: hash, time });
  await account.request(putVouch, { vouch: bytes });
}

async function lookUp(
  account: CaredAccount,
  users: readonly string[],
): Promise<LookupReply["results"]> {
  const found: LookupReply["results"][number][] = [];
  while (found.length < users.length) {
    const asked = users.slice(found.length, found.length + MAX_LOOKUP_USERS);
    const { results } = await account.request(lookup, { users: asked });
    found.push(...results);
  }
  // What the server says about other names than asked for is of no interest here.
  return found.filter(({ user }) => users.includes(user));
}

/** Removes invites that have been dealt with, unless a newer one of the name has come since. */
async function forget(account: CaredAccount, users: readonly string[]): Promise<void> {
  const { invites } = account.state.current;
  const done = new Map(users.map((user) => [user, invites.get(user)?.time]));
  if (done.size === 0) return;
  await account.state.update((state) => {
    const left = [...state.invites].filter(([user, { time }]) => done.get(user) !== time);
    return { state: { ...state, invites: new Map(left) }, result: undefined };
  }).committed;
}

function isCompared(state: AccountState, { user, fingerprint }: IdentityRecord): boolean {
  const pin = state.pins.get(user);
  return pin?.trust === "compared" && equalBytes(pin.fingerprint, fingerprint);
}

function joinedOtherwise(user: string): string {
  return `${user} has joined, but not with your invite: perhaps with another administrator's, ` +
    `perhaps it is somebody else. Write nothing secret to ${user} until you have compared ` +
    `fingerprints in person: mailsec contacts verify ${user}`;
}
