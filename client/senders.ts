/** The keys that mails name, as the directory has them, and what has become of them. */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import type { ContactPin } from "../crypto/contact_pin.ts";
import { type IdentityRecord, verifyIdentity } from "../crypto/identity.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { OpenAccount } from "./account.ts";
import { isPinned } from "./contact_pins.ts";
import type { Contacts } from "./contacts.ts";
import type { DirectoryEntry } from "./directory.ts";
import type { Succession } from "./key_chain.ts";

/** Whom a mail says it is from. */
export interface SenderName {
  readonly user: string;
  /** Of the signing key, 32 bytes. */
  readonly fingerprint: Bytes;
}

/** The keys that a mail names. */
export interface Sender {
  /** With the fingerprint of the name, its signature verified. */
  readonly identity: IdentityRecord;
  /** The newest keys of the name; null when the account was removed. */
  readonly current: IdentityRecord | null;
  /** All keys of the same owner, these among them: each one signed with those before it. */
  readonly owners: readonly IdentityRecord[];
  /**
   * What lies between them and the keys that this user goes by: `reset` when an administrator has
   * given the name to somebody else in between.
   */
  readonly succession: Succession;
  /** The log's entry of the keys that have replaced these; null: they are the newest. */
  readonly replaced: { readonly seq: number; readonly time: number } | null;
}

/** Whether keys that this user goes by are of the sender who has signed. */
export function isOwners(sender: Sender, pin: ContactPin): boolean {
  return sender.owners.some((record) => isPinned(pin, record));
}

/** Whether the newest keys of the name are of the sender who has signed. */
export function isCurrentOwner({ current, owners }: Sender): boolean {
  return current !== null && owners.includes(current);
}

export class Senders {
  readonly #account: OpenAccount;
  readonly #contacts: Contacts;

  constructor(account: OpenAccount, contacts: Contacts) {
    this.#account = account;
    this.#contacts = contacts;
  }

  /**
   * The keys that mails name, in their order; null where the directory has none with that
   * fingerprint that count. What an earlier answer lacks is asked for again: somebody may have
   * joined since.
   *
   * @throws {TrustError} `own_identity`, `directory`
   */
  async find(names: readonly SenderName[]): Promise<(Sender | null)[]> {
    const { directory } = this.#contacts;
    const users = [...new Set(names.map(({ user }) => user))];
    const asked = new Set(users.filter((user) => !directory.has(user)));
    const lacking = (await this.#records(users, names)).flatMap((record, i) =>
      record === null ? [names[i]!.user] : []
    );
    const again = new Set(lacking).difference(asked);
    await directory.askAgain([...again]);
    const entries = await this.#entries(users);
    return await Promise.all(names.map((name) => this.#sender(name, entries.get(name.user)!)));
  }

  /** Fingerprints of the signing keys that this user had before: mail may be addressed to them. */
  async earlierFingerprints(): Promise<Bytes[]> {
    const { user, fingerprint } = this.#account;
    const [entry] = await this.#contacts.directory.findWhatCounts([user]);
    if (entry === null || entry === undefined || entry.newest === null) return [];
    const owners = await this.#ownersOf(entry, entry.newest);
    return owners.map((record) => record.fingerprint).filter((fp) => !equalBytes(fp, fingerprint));
  }

  async #entries(users: readonly string[]): Promise<Map<string, DirectoryEntry | null>> {
    const entries = await this.#contacts.directory.findWhatCounts(users);
    return new Map(users.map((user, i) => [user, entries[i]!]));
  }

  async #records(users: readonly string[], names: readonly SenderName[]) {
    const entries = await this.#entries(users);
    return names.map((name) => recordOf(name, entries.get(name.user)!));
  }

  async #sender(name: SenderName, entry: DirectoryEntry | null): Promise<Sender | null> {
    const identity = recordOf(name, entry);
    if (entry === null || identity === null || !await isSigned(identity)) return null;
    const { user, status, newest } = entry;
    const current = status === "unknown" ? null : newest;
    const owners = await this.#ownersOf(entry, identity);
    // Nobody else's word counts for what this user's own keys are.
    const isMe = user === this.#account.user;
    if (isMe && (current === null || !owners.includes(current))) return null;
    const pinned = this.#contacts.pinnedRecord(entry);
    const succession = pinned === null
      ? "broken"
      : await this.#contacts.succession(entry, pinned, identity);
    const replaced = await this.#replaced(entry, identity);
    return { identity, current, owners, succession, replaced };
  }

  /** The records of the name that have the same owner as this one. */
  async #ownersOf(entry: DirectoryEntry, identity: IdentityRecord): Promise<IdentityRecord[]> {
    const successions = await Promise.all(
      entry.records.map((record) => this.#contacts.succession(entry, record, identity)),
    );
    return entry.records.filter((_, i) => ["same", "rotated"].includes(successions[i]!));
  }

  async #replaced({ user, records }: DirectoryEntry, identity: IdentityRecord) {
    const next = records[records.indexOf(identity) + 1];
    if (next === undefined) return null;
    const entry = (await this.#account.log.entries()).entryOf(user, next.hash);
    return entry === undefined ? null : { seq: entry.seq, time: entry.time };
  }
}

async function isSigned({ bytes, user }: IdentityRecord): Promise<boolean> {
  try {
    await verifyIdentity(bytes, user);
    return true;
  } catch (error) {
    if (error instanceof TrustError) return false;
    throw error;
  }
}

/** The newest record with the keys that a mail names. */
function recordOf({ fingerprint }: SenderName, entry: DirectoryEntry | null) {
  return entry?.records.findLast((record) => equalBytes(record.fingerprint, fingerprint)) ?? null;
}
