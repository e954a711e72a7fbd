/**
 * Other users' keys: the directory's answers, verified, and held against the keys seen before.
 *
 * The first keys seen of somebody are pinned without a question; from then on other keys are a
 * warning on that user's mail and a hard stop for mail to that user, until the very fingerprint
 * that was shown is accepted. What the directory says about this user is held against this user's
 * own keys.
 */

import type { AccountState, ContactPin } from "../crypto/account_state.ts";
import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { importKemPublicKey, type KemPublicKey } from "../crypto/composite_kem.ts";
import { FormatError } from "../crypto/errors.ts";
import { formatFingerprint } from "../crypto/fingerprint.ts";
import { type IdentityRecord, parseIdentity, verifyIdentity } from "../crypto/identity.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { lookup, type LookupReply } from "../protocol/messages/lookup.ts";
import { MAX_LOOKUP_USERS } from "../protocol/limits.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";

/** How long an answer of the directory is used again. */
const FRESH_MS = 60_000;

/** What the directory says about one name. */
export interface Contact {
  readonly user: string;
  readonly status: "active" | "disabled" | "unknown";
  /** The current keys, their signature verified; null for an unknown name. */
  readonly identity: IdentityRecord | null;
}

/** Whom a mail says it is from. */
export interface SenderName {
  readonly user: string;
  /** Of the signing key, 32 bytes. */
  readonly fingerprint: Bytes;
}

/** The keys that a mail names, as the directory has them. */
export interface Sender {
  /** With the fingerprint of the name, its signature verified. */
  readonly identity: IdentityRecord;
  /** Whether these are the user's keys now: not replaced, and the account not removed. */
  readonly isCurrent: boolean;
}

/** Keys that are not the pinned ones, as people compare them. */
export interface ChangedKeys {
  readonly user: string;
  readonly before: string;
  readonly now: string;
}

/** Changed keys that the user accepts: the fingerprint that was shown, by user name. */
export type AcceptedKeys = ReadonlyMap<string, string>;

interface Known {
  readonly contact: Contact;
  /** All records of the name, as received: of a removed account and of earlier keys too. */
  readonly records: readonly Bytes[];
  readonly since: number;
}

type DirectoryEntry = LookupReply["results"][number];

export class Contacts {
  readonly #account: OpenAccount;
  readonly #known = new Map<string, Known>();
  readonly #kemKeys = new WeakMap<IdentityRecord, Promise<KemPublicKey>>();

  constructor(account: OpenAccount) {
    this.#account = account;
  }

  /**
   * What the directory says about some users, in their order; answers up to a minute old count.
   *
   * @param users Normal names, each once.
   * @throws {TrustError} when an answer is not validly signed, or not of the right user;
   *   `own_identity` when it gives other keys for this user.
   */
  async find(users: readonly string[]): Promise<Contact[]> {
    const oldest = systemClock.now() - FRESH_MS;
    await this.#refresh(users.filter((user) => this.#age(user) < oldest), oldest);
    return users.map((user) => this.#known.get(user)!.contact);
  }

  /**
   * The keys that mails name, in their order; null where the directory has none with that
   * fingerprint. What an earlier answer lacks is asked for again: somebody may have joined since.
   *
   * @throws as `find`
   */
  async findSenders(senders: readonly SenderName[]): Promise<(Sender | null)[]> {
    const users = [...new Set(senders.map(({ user }) => user))];
    const asked = new Set(users.filter((user) => !this.#known.has(user)));
    await this.find(users);
    const lacking = senders.filter((sender) => this.#recordOf(sender) === null);
    const again = new Set(lacking.map(({ user }) => user)).difference(asked);
    await this.#refresh([...again], systemClock.now());
    return await Promise.all(senders.map((sender) => this.#sender(sender)));
  }

  /** The KEM key to seal to; of a contact with keys. */
  kemKey({ user, identity }: Contact): Promise<KemPublicKey> {
    if (identity === null) throw new Error(`no keys of ${user} are known`);
    const known = this.#kemKeys.get(identity) ?? importKemPublicKey(identity.kemPublicKey);
    this.#kemKeys.set(identity, known);
    return known;
  }

  /** When the directory was last asked about a user, ms since the epoch. */
  #age(user: string): number {
    return this.#known.get(user)?.since ?? 0;
  }

  /** Asks about some users; about this one too, unless that was done after `oldest`. */
  async #refresh(users: readonly string[], oldest: number): Promise<void> {
    const { user: me } = this.#account;
    const stale = [...users];
    // This user's own entry is looked at whenever the directory is asked anything.
    if (stale.length > 0 && !stale.includes(me) && this.#age(me) < oldest) stale.push(me);
    for (let i = 0; i < stale.length; i += MAX_LOOKUP_USERS) {
      await this.#ask(stale.slice(i, i + MAX_LOOKUP_USERS));
    }
  }

  /** The record that a mail names, its signature not verified yet. */
  #recordOf({ user, fingerprint }: SenderName): IdentityRecord | null {
    // Nobody else's word counts for what this user's own keys are.
    const { user: me, fingerprint: mine } = this.#account;
    if (user === me && !equalBytes(fingerprint, mine)) return null;
    const { contact: { identity }, records } = this.#known.get(user)!;
    if (identity !== null && equalBytes(identity.fingerprint, fingerprint)) return identity;
    const parsed = records.flatMap((record) => parsedIdentity(record) ?? []);
    return parsed.findLast((record) => equalBytes(record.fingerprint, fingerprint)) ?? null;
  }

  async #sender(sender: SenderName): Promise<Sender | null> {
    const record = this.#recordOf(sender);
    if (record === null) return null;
    const { identity } = this.#known.get(sender.user)!.contact;
    if (record === identity) return { identity, isCurrent: true };
    return { identity: await verifiedIdentity(record.bytes, sender.user), isCurrent: false };
  }

  async #ask(users: readonly string[]): Promise<void> {
    for (let asked = 0; asked < users.length;) {
      const expected = users.slice(asked);
      const { results } = await this.#account.request(lookup, { users: expected });
      if (results.some(({ user }, i) => user !== expected[i])) {
        throw new TrustError("directory", "The server answered about other users than asked.");
      }
      const since = systemClock.now();
      const verifying = results.map((result) => this.#verified(result));
      // One bad answer spoils the reply, but no check is left running behind the caller's back.
      await Promise.allSettled(verifying);
      for (const [i, contact] of (await Promise.all(verifying)).entries()) {
        this.#known.set(contact.user, { contact, records: results[i]!.identities, since });
      }
      asked += results.length;
    }
  }

  async #verified({ user, status, identities }: DirectoryEntry): Promise<Contact> {
    const current = identities.at(-1);
    // An unknown name has no keys that count, whatever was kept of a removed account.
    if (current === undefined || status === "unknown") {
      if (status === "active") {
        throw new TrustError("directory", `The server has no keys of ${user}.`);
      }
      return { user, status, identity: null };
    }
    const identity = await verifiedIdentity(current, user);
    if (user === this.#account.user) this.#checkOwn(identity);
    return { user, status, identity };
  }

  #checkOwn(identity: IdentityRecord): void {
    const { fingerprint, keys } = this.#account;
    const mine = equalBytes(identity.fingerprint, fingerprint) &&
      equalBytes(identity.kemPublicKey, keys.kem[0]!.publicKey);
    if (!mine) {
      throw new TrustError("own_identity", "The server gives other people wrong keys for you.", {
        hint: "Mail to you may be read by somebody else. Do not use this server until its " +
          "administrator has explained it; warn the people who write to you.",
      });
    }
  }
}

/** A record as read; null for one of a form that this release does not know. */
function parsedIdentity(bytes: Bytes): IdentityRecord | null {
  try {
    return parseIdentity(bytes);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

async function verifiedIdentity(
  bytes: Bytes,
  user: string,
): Promise<IdentityRecord> {
  try {
    return await verifyIdentity(bytes, user);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    throw new TrustError("identity_form", `The keys of ${user} cannot be read: ${cause.message}`, {
      ...hint,
      cause,
    });
  }
}

/** The keys of `identity` and the pinned ones where these differ, else null. */
export function changedKeys(state: AccountState, identity: IdentityRecord): ChangedKeys | null {
  const pin = state.pins.get(identity.user);
  if (pin === undefined || isPinned(pin, identity)) return null;
  return {
    user: identity.user,
    before: formatFingerprint(pin.fingerprint),
    now: formatFingerprint(identity.fingerprint),
  };
}

/** Whether these are the very keys that the user has accepted. */
export function areAccepted(accepted: AcceptedKeys, identity: IdentityRecord): boolean {
  return accepted.get(identity.user) === formatFingerprint(identity.fingerprint);
}

/**
 * The state with the keys pinned of users who had no pin, and of those whose very keys are in
 * `accepted` (then counted as looked at); the same state when nothing changes. Counters belong to
 * the pinned signing key: with another one they begin anew.
 */
export function withPins(
  state: AccountState,
  identities: readonly IdentityRecord[],
  accepted: AcceptedKeys = new Map(),
): AccountState {
  const missing = identities.filter((identity) => {
    const pin = state.pins.get(identity.user);
    if (pin === undefined) return true;
    return areAccepted(accepted, identity) &&
      !(pin.trust === "compared" && isPinned(pin, identity));
  });
  if (missing.length === 0) return state;
  const pins = new Map(state.pins);
  const sent = new Map(state.counters.sent);
  const seen = new Map(state.counters.seen);
  for (const identity of missing) {
    const { user, fingerprint, kemKeyId, epoch } = identity;
    const firstSeen = systemClock.now();
    const before = pins.get(user);
    if (before !== undefined && !equalBytes(before.fingerprint, fingerprint)) {
      sent.delete(user);
      seen.delete(user);
    }
    const trust = areAccepted(accepted, identity) ? "compared" : "seen";
    const recordHash = identity.hash;
    pins.set(user, { fingerprint, kemKeyId, epoch, recordHash, firstSeen, trust });
  }
  return { ...state, pins, counters: { sent, seen } };
}

function isPinned(pin: ContactPin, { fingerprint, kemKeyId }: IdentityRecord): boolean {
  return equalBytes(pin.fingerprint, fingerprint) && equalBytes(pin.kemKeyId, kemKeyId);
}
