/**
 * Other users' keys: the directory's answers, verified, and held against the keys seen before.
 *
 * The first keys seen of somebody are pinned without a question; from then on other keys are a
 * warning on that user's mail and a hard stop for mail to that user, until the very fingerprint
 * that was shown is accepted. What the directory says about this user is held against this user's
 * own keys.
 */

import type { AccountState, ContactPin } from "../crypto/account_state.ts";
import { equalBytes } from "../crypto/bytes.ts";
import { importKemPublicKey, type KemPublicKey } from "../crypto/composite_kem.ts";
import { FormatError } from "../crypto/errors.ts";
import { formatFingerprint } from "../crypto/fingerprint.ts";
import { type IdentityRecord, verifyIdentity } from "../crypto/identity.ts";
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
  readonly since: number;
  kem?: Promise<KemPublicKey>;
}

type DirectoryEntry = LookupReply["results"][number];

export class Contacts {
  readonly #account: OpenAccount;
  readonly #known = new Map<string, Known>();

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
    const isStale = (user: string) => (this.#known.get(user)?.since ?? 0) < oldest;
    const stale = users.filter(isStale);
    // This user's own entry is looked at whenever the directory is asked anything.
    const { user: me } = this.#account;
    if (stale.length > 0 && !stale.includes(me) && isStale(me)) stale.push(me);
    for (let i = 0; i < stale.length; i += MAX_LOOKUP_USERS) {
      await this.#ask(stale.slice(i, i + MAX_LOOKUP_USERS));
    }
    return users.map((user) => this.#known.get(user)!.contact);
  }

  /** The KEM key to seal to; of a contact that `find` gave. */
  kemKey({ user, identity }: Contact): Promise<KemPublicKey> {
    const known = this.#known.get(user);
    if (known === undefined || identity === null) throw new Error(`no keys of ${user} are known`);
    known.kem ??= importKemPublicKey(identity.kemPublicKey);
    return known.kem;
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
      for (const contact of await Promise.all(verifying)) {
        this.#known.set(contact.user, { contact, since });
      }
      asked += results.length;
    }
  }

  async #verified({ user, status, identities }: DirectoryEntry): Promise<Contact> {
    const current = identities.at(-1);
    if (current === undefined) {
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

async function verifiedIdentity(
  bytes: Uint8Array<ArrayBuffer>,
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
 * `accepted` (then counted as looked at); the same state when nothing changes.
 */
export function withPins(
  state: AccountState,
  identities: readonly IdentityRecord[],
  accepted: AcceptedKeys = new Map(),
): AccountState {
  const missing = identities.filter((identity) => {
    const pin = state.pins.get(identity.user);
    if (pin === undefined) return true;
    return areAccepted(accepted, identity) && !(pin.accepted && isPinned(pin, identity));
  });
  if (missing.length === 0) return state;
  const pins = new Map(state.pins);
  for (const identity of missing) {
    const { user, fingerprint, kemKeyId, epoch } = identity;
    const firstSeen = systemClock.now();
    const lookedAt = areAccepted(accepted, identity);
    pins.set(user, { fingerprint, kemKeyId, epoch, firstSeen, accepted: lookedAt });
  }
  return { ...state, pins };
}

function isPinned(pin: ContactPin, { fingerprint, kemKeyId }: IdentityRecord): boolean {
  return equalBytes(pin.fingerprint, fingerprint) && equalBytes(pin.kemKeyId, kemKeyId);
}
