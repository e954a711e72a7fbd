/**
 * The keys of contacts that this user goes by, in the account state: pinned when first seen, moved
 * on when their owner replaces them, replaced by others only when the user accepts these.
 *
 * Counters belong to the owner of the keys: they go on with keys that the owner has replaced, and
 * begin anew with keys that were accepted in their place.
 *
 * Rules: docs/protocol.md, 12.5.
 */

import type { AccountState } from "../crypto/account_state.ts";
import type { ContactPin, PinTrust } from "../crypto/contact_pin.ts";
import { formatFingerprint } from "../crypto/fingerprint.ts";
import type { IdentityRecord } from "../crypto/identity.ts";
import { systemClock } from "./clock.ts";
import { hasKeys } from "./key_chain.ts";

/** Keys that the user accepts: the fingerprint that was shown, by user name. */
export type AcceptedKeys = ReadonlyMap<string, string>;

/** Keys that are not the pinned ones, as people compare them. */
export interface ChangedKeys {
  readonly user: string;
  readonly before: string;
  readonly now: string;
  /** Whether an administrator has given the name to them; else nothing explains them. */
  readonly state: "changed" | "reset";
}

/** A pin, and the keys with which the same owner has replaced it. */
export interface FollowedPin {
  readonly pin: ContactPin;
  readonly to: IdentityRecord;
}

/** Whether a user goes by these keys. */
export function isPinned(pin: ContactPin, identity: IdentityRecord): boolean {
  return hasKeys(pin, identity);
}

/** Whether these are the very keys that the user has accepted. */
export function areAccepted(accepted: AcceptedKeys, identity: IdentityRecord): boolean {
  return accepted.get(identity.user) === formatFingerprint(identity.fingerprint);
}

/** Whether a user has other keys pinned than these. */
export function isOtherThanPinned({ pins }: AccountState, identity: IdentityRecord): boolean {
  const pin = pins.get(identity.user);
  return pin !== undefined && !isPinned(pin, identity);
}

/** The state with keys pinned of users who had no pin; the same state when nothing changes. */
export function withFirstPins(
  state: AccountState,
  identities: readonly IdentityRecord[],
): AccountState {
  const missing = identities.filter(({ user }) => !state.pins.has(user));
  if (missing.length === 0) return state;
  const pins = new Map(state.pins);
  for (const identity of missing) pins.set(identity.user, pinOf(identity, "seen"));
  return { ...state, pins };
}

/** The state with pins moved on to the keys that replace them; the same one when nothing changes. */
export function withFollowed(state: AccountState, followed: readonly FollowedPin[]): AccountState {
  // Another device may have put something else in place meanwhile: that stays.
  const still = followed.filter(({ pin, to }) => {
    const there = state.pins.get(to.user);
    return there !== undefined && hasKeys(there, pin) && !isPinned(there, to);
  });
  if (still.length === 0) return state;
  const pins = new Map(state.pins);
  for (const { to } of still) {
    const { trust, firstSeen } = pins.get(to.user)!;
    pins.set(to.user, { ...pinOf(to, trust), firstSeen });
  }
  return { ...state, pins };
}

/**
 * The state with these keys pinned, whatever was pinned; the same one when nothing changes. Trust
 * in the same keys is not lowered.
 */
export function withAccepted(
  state: AccountState,
  identity: IdentityRecord,
  trust: PinTrust,
): AccountState {
  const { user } = identity;
  const before = state.pins.get(user);
  const isSame = before !== undefined && isPinned(before, identity);
  if (isSame && (before.trust === trust || trust === "seen")) return state;
  const firstSeen = isSame ? { firstSeen: before.firstSeen } : {};
  const pins = new Map(state.pins).set(user, { ...pinOf(identity, trust), ...firstSeen });
  if (before === undefined || isSame) return { ...state, pins };
  const sent = new Map(state.counters.sent);
  sent.delete(user);
  // Empty, not absent: mail may have come before these keys were accepted, so any counter is next.
  const seen = new Map(state.counters.seen).set(user, []);
  return { ...state, pins, counters: { sent, seen } };
}

/** Whether other keys were accepted and no mail was counted since: then any counter may be next. */
export function beginsAnywhere({ counters }: AccountState, user: string): boolean {
  return counters.seen.get(user)?.length === 0;
}

function pinOf(identity: IdentityRecord, trust: PinTrust): ContactPin {
  const { fingerprint, kemKeyId, epoch, hash } = identity;
  return { fingerprint, kemKeyId, epoch, recordHash: hash, firstSeen: systemClock.now(), trust };
}
