/**
 * Other users' keys: what the directory gives, held against the keys that this user goes by.
 *
 * The first keys seen of somebody are pinned without a question. Keys with which their owner has
 * replaced them, signed with the old ones, are followed without a word. Any others are a warning on
 * that user's mail and a hard stop for mail to that user, until they are accepted.
 */

import type { AccountState } from "../crypto/account_state.ts";
import { equalBytes } from "../crypto/bytes.ts";
import { importKemPublicKey, type KemPublicKey } from "../crypto/composite_kem.ts";
import type { ContactPin } from "../crypto/contact_pin.ts";
import { formatFingerprint } from "../crypto/fingerprint.ts";
import type { IdentityRecord } from "../crypto/identity.ts";
import type { InviteGrant } from "../crypto/invite_grant.ts";
import type { OpenAccount } from "./account.ts";
import {
  type AcceptedKeys,
  areAccepted,
  type ChangedKeys,
  type FollowedPin,
  isPinned,
  withFollowed,
} from "./contact_pins.ts";
import type { ContactState } from "./contact_types.ts";
import { Directory, type DirectoryEntry } from "./directory.ts";
import { hasKeys, ownersChain, type Succession, successionOf } from "./key_chain.ts";
import { vouchersOf } from "./vouchers.ts";

/** Somebody in the directory, and how sure this user can be of the keys there. */
export interface Contact {
  readonly user: string;
  readonly status: DirectoryEntry["status"];
  /** The keys to seal to; null for an unknown name, which may have had some. */
  readonly identity: IdentityRecord | null;
  /** The newest keys of the name; null when there never were any. */
  readonly newest: IdentityRecord | null;
  readonly state: ContactState;
  readonly vouchedBy: readonly string[];
}

const WORSE: readonly Succession[] = ["same", "rotated", "reset", "broken"];

function worse(a: Succession, b: Succession): Succession {
  return WORSE[Math.max(WORSE.indexOf(a), WORSE.indexOf(b))]!;
}

const STATE_OF: Readonly<Record<Succession, "changed" | "reset" | null>> = {
  same: null,
  rotated: null,
  reset: "reset",
  broken: "changed",
};

export class Contacts {
  readonly directory: Directory;
  readonly #account: OpenAccount;
  readonly #kemKeys = new WeakMap<IdentityRecord, Promise<KemPublicKey>>();
  /** By the later one of two neighbours. */
  readonly #links = new WeakMap<IdentityRecord, Promise<Succession>>();

  constructor(account: OpenAccount) {
    this.#account = account;
    this.directory = new Directory(account);
  }

  /**
   * What the directory says about some users, in their order; answers up to a minute old count.
   *
   * @param users Normal names, each once.
   * @throws {TrustError} as Directory.find
   */
  async find(users: readonly string[]): Promise<Contact[]> {
    return await this.judge(await this.directory.find(users));
  }

  /**
   * The states of some users' keys, for marks; answers of the directory count while the log has no
   * newer keys. Names that never had keys are left out, what does not count is `changed`.
   */
  async statesOf(users: Iterable<string>): Promise<Map<string, ContactState>> {
    const names = [...new Set(users)];
    const entries = names.length === 0 ? [] : await this.directory.recall(names);
    const contacts = await this.judge(entries.filter((entry) => entry !== null));
    const states = new Map<string, ContactState>(
      names.filter((_, i) => entries[i] === null).map((name) => [name, "changed"]),
    );
    for (const { user, newest, state } of contacts) if (newest !== null) states.set(user, state);
    return states;
  }

  /** How sure this user can be of the keys in the directory; follows those that were replaced. */
  async judge(entries: readonly DirectoryEntry[]): Promise<Contact[]> {
    const followed: FollowedPin[] = [];
    const contacts: Contact[] = [];
    for (const entry of entries) {
      const { user, status, newest } = entry;
      const identity = status === "unknown" ? null : newest;
      const pin = this.#pin(user);
      const succession = await this.#successionFrom(pin, entry);
      if (pin !== undefined && newest !== null && succession === "rotated") {
        followed.push({ pin, to: newest });
      }
      const blocked = STATE_OF[succession];
      const vouchedBy = await this.#vouchedBy(entry);
      const state = blocked ?? this.#stateOf(user, { pin, vouchedBy });
      contacts.push({ user, status, identity, newest, state, vouchedBy });
    }
    this.follow(followed);
    return contacts;
  }

  /** Moves pins on, at once; written in the background, and found out again if that fails. */
  follow(followed: readonly FollowedPin[]): void {
    if (followed.length === 0) return;
    const { committed } = this.#account.state.update((state) => ({
      state: withFollowed(state, followed),
      result: undefined,
    }));
    committed.catch(() => undefined);
  }

  /** The KEM key to seal to; of a contact with keys. */
  kemKey({ user, identity }: Pick<Contact, "user" | "identity">): Promise<KemPublicKey> {
    if (identity === null) throw new Error(`no keys of ${user} are known`);
    const known = this.#kemKeys.get(identity) ?? importKemPublicKey(identity.kemPublicKey);
    this.#kemKeys.set(identity, known);
    return known;
  }

  /** What lies between two records of a name, in whichever order they are. */
  async succession(
    { records }: DirectoryEntry,
    one: IdentityRecord,
    other: IdentityRecord,
  ): Promise<Succession> {
    const places = [records.indexOf(one), records.indexOf(other)];
    const [first, last] = [Math.min(...places), Math.max(...places)];
    if (first < 0) return "broken";
    const links = records.slice(first + 1, last + 1).map((next, i) =>
      this.#link(records[first + i]!, next)
    );
    return (await Promise.all(links)).reduce(worse, "same");
  }

  /** The keys that this user goes by for a name, as the directory has them; else null. */
  pinnedRecord({ user, records }: DirectoryEntry): IdentityRecord | null {
    const pin = this.#pin(user);
    if (pin === undefined) return null;
    const { recordHash } = pin;
    return records.findLast((record) =>
      recordHash === null ? hasKeys(record, pin) : equalBytes(record.hash, recordHash)
    ) ?? null;
  }

  /** What lies between a record and the next one. */
  #link(previous: IdentityRecord, next: IdentityRecord): Promise<Succession> {
    const known = this.#links.get(next);
    if (known !== undefined) return known;
    const grantKeyOf = (reset: IdentityRecord, grant: InviteGrant) => this.#grantKey(reset, grant);
    const link = successionOf([previous, next], grantKeyOf);
    this.#links.set(next, link);
    return link;
  }

  #pin(user: string): ContactPin | undefined {
    return user === this.#account.user ? undefined : this.#account.state.current.pins.get(user);
  }

  /** What lies between the keys that this user goes by and the newest. */
  async #successionFrom(
    pin: ContactPin | undefined,
    entry: DirectoryEntry,
  ): Promise<Succession> {
    const { newest } = entry;
    if (pin === undefined || newest === null || isPinned(pin, newest)) return "same";
    const pinned = this.pinnedRecord(entry);
    return pinned === null ? "broken" : await this.succession(entry, pinned, newest);
  }

  #stateOf(
    user: string,
    { pin, vouchedBy }: { pin: ContactPin | undefined; vouchedBy: readonly string[] },
  ): ContactState {
    const isVerified = pin !== undefined && pin.trust !== "seen";
    if (isVerified || user === this.#account.user) return "verified";
    return vouchedBy.length > 0 ? "vouched" : "unverified";
  }

  async #vouchedBy(entry: DirectoryEntry): Promise<readonly string[]> {
    if (entry.vouches.length === 0) return [];
    const index = await this.#account.log.entries();
    return await vouchersOf(entry, { index, trustedChainOf: (name) => this.#trustedChain(name) });
  }

  /** The records of somebody whose word counts: of this user, and of who is verified. */
  async #trustedChain(voucher: string): Promise<readonly IdentityRecord[] | null> {
    const pin = this.#pin(voucher);
    const isMe = voucher === this.#account.user;
    if (!isMe && (pin === undefined || pin.trust === "seen")) return null;
    const [entry] = await this.directory.findWhatCounts([voucher]);
    if (entry === null || entry === undefined) return null;
    const succession = await this.#successionFrom(pin, entry);
    return STATE_OF[succession] === null ? await ownersChain(entry.records) : null;
  }

  /** The root key for a grant by the server, else the key of who was an administrator then. */
  async #grantKey(reset: IdentityRecord, { by, byFingerprint }: InviteGrant) {
    if (by === "") return this.#account.rootKey;
    const index = await this.#account.log.entries();
    const seq = index.entryOf(reset.user, reset.hash)?.seq;
    if (seq === undefined || index.standingOf(by, seq).role !== "admin") return null;
    const [entry] = await this.directory.findWhatCounts([by]);
    const record = entry?.records.find(({ fingerprint }) => equalBytes(fingerprint, byFingerprint));
    return record?.signingPublicKey ?? null;
  }
}

/** The keys among these that stand in the way of a mail, unless they are accepted. */
export function changesAmong(
  state: AccountState,
  contacts: readonly Contact[],
  accepted: AcceptedKeys,
): ChangedKeys[] {
  return contacts.flatMap((contact): ChangedKeys[] => {
    const { user, identity } = contact;
    if (identity === null || areAccepted(accepted, identity)) return [];
    const now = formatFingerprint(identity.fingerprint);
    const shown = accepted.get(user);
    const pin = state.pins.get(user);
    const before = shown ?? (pin && !isPinned(pin, identity) && formatFingerprint(pin.fingerprint));
    // Accepted were keys that the directory does not give any more, if it ever gave them.
    if (!before) return [];
    return [{ user, before, now, state: contact.state === "reset" ? "reset" : "changed" }];
  });
}
