/**
 * What a mail store does: sealed blobs in, sealed blobs out, and the counting that delivery needs.
 *
 * Rules that every engine keeps (tests/mailstore/conformance.ts holds them to it):
 *
 * - **Acknowledged means durable.** The promise of a mutation resolves after its commit.
 * - **A mutation happens whole or not at all**, and one that fails takes no neighbour with it.
 * - A user is a `tag`: 32 bytes that the caller derives from the name. The store never sees a name,
 *   an address or the time of a mail in clear. The times it does see are the ends of invites, of
 *   login delays and the starts of unfinished uploads, all as milliseconds since the epoch.
 * - A mailbox numbers its entries from 1 and never uses a number again while the account lives.
 * - A message is kept once, whatever the number of its recipients, and leaves with its last entry.
 * - Blobs that go in must stay as they are until the promise resolves, and are the caller's again
 *   then. Blobs that come out belong to the caller.
 * - Every `version` and `revision` is compare-and-set: the first value is 1, each save adds 1.
 *
 * Everything throws StoreError (see errors.ts) on misuse and on trouble with the storage itself;
 * outcomes that a caller has to expect are values.
 */

import type { Bytes } from "../crypto/bytes.ts";
import type { BlobStore } from "./blob_store.ts";
import type { LogAppend, LogStore } from "./log_store.ts";
import type { MailboxStore } from "./mailbox_store.ts";

/**
 * `invited`: an account without a login, waiting for its registration.
 * `registered`: has a login, has not used it yet. `active`: gets mail. `disabled`: may not log in.
 */
export type AccountStatus = "invited" | "registered" | "active" | "disabled";

/** An account without the parts that only a login needs. */
export interface AccountSummary {
  /** 32 bytes. */
  readonly tag: Bytes;
  readonly status: AccountStatus;
  /** What the caller wants to know of an account (its name, for example), sealed by the caller. */
  readonly profile: Bytes;
  /** Raised by one with every save. */
  readonly version: number;
}

/** An account with its login record and its key bundle, both sealed, null before registration. */
export interface Account extends AccountSummary {
  readonly login: Bytes | null;
  readonly bundle: Bytes | null;
}

/** An invite: at most one for an account, valid until `expires` (exclusive). */
export interface Invite {
  readonly tag: Bytes;
  /** 32 bytes. */
  readonly tokenHash: Bytes;
  readonly expires: number;
}

/** Which invite somebody claims to hold, and when. */
export interface InviteClaim {
  readonly tag: Bytes;
  readonly tokenHash: Bytes;
  readonly now: number;
}

export type InviteOutcome = "valid" | "invite_unknown" | "invite_expired" | "account_taken";

/** All that a registration brings. */
export interface Registration extends InviteClaim {
  readonly account: { readonly profile: Bytes; readonly login: Bytes; readonly bundle: Bytes };
  /** The identity record, appended to those that the tag may have from an earlier account. */
  readonly identity: Bytes;
  /** The sealed account state, revision 1. */
  readonly state: Bytes;
  readonly log: readonly LogAppend[];
}

export type RegistrationOutcome = "registered" | "log_conflict" | Exclude<InviteOutcome, "valid">;

/** A change of one account and all that goes with it, done whole or not at all. */
export interface AccountChange {
  readonly tag: Bytes;
  /** Version that the account has now; null: there must be none, it is made. */
  readonly expectedVersion: number | null;
  /** What the account is from now on; null: it is removed, see `removeAccount`. */
  readonly account: Omit<Account, "tag" | "version"> | null;
  /**
   * Takes mailbox, state, invite, failed logins and unfinished uploads away; identity records stay.
   * Numbers of entries that are gone are not used again.
   */
  readonly empties?: boolean;
  /** A new invite, for an account in status `invited` alone; null takes an earlier one away. */
  readonly invite?: { readonly tokenHash: Bytes; readonly expires: number } | null;
  /** An identity record to append to the `expectedCount` that the tag has now. */
  readonly identity?: { readonly expectedCount: number; readonly record: Bytes };
  readonly log?: readonly LogAppend[];
}

/** `conflict`: the account or its identity records are not what was expected. */
export type AccountChangeOutcome = "changed" | "conflict" | "log_conflict";

/** Failed logins of a tag. An account need not exist. */
export interface Attempts {
  readonly failed: number;
  readonly blockedUntil: number;
}

/** A message with all its parts and the mailboxes it goes to. */
export interface Delivery {
  /** 16 bytes. */
  readonly messageId: Bytes;
  /** 32 bytes that tell this message from another one under the same id. */
  readonly digest: Bytes;
  /** What the caller wants to know of the message (its arrival, its sender), sealed by it. */
  readonly meta: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
  readonly content: Bytes;
  /** At least one tag; a tag given twice counts once. */
  readonly mailboxes: readonly Bytes[];
  /** The sealed entry with which it is in one of these mailboxes at once, in revision 1. */
  readonly own?: { readonly tag: Bytes; readonly sealed: Bytes } | null;
}

/** The number that a message got in a mailbox. */
export interface Placement {
  readonly tag: Bytes;
  readonly index: number;
}

/**
 * `stored`: new; entries in the order of `mailboxes`. `duplicate`: this message is there already,
 * with the `meta` and the entries it has now, in the order of the accounts' creation; nothing was
 * written. `refused`: these tags are not active accounts, nothing was written. `id_reused`: another
 * message has that id.
 */
export type DeliveryOutcome =
  | {
    readonly outcome: "stored" | "duplicate";
    readonly meta: Bytes;
    readonly entries: readonly Placement[];
  }
  | { readonly outcome: "refused"; readonly tags: readonly Bytes[] }
  | { readonly outcome: "id_reused" };

/** The start of an upload in pieces. */
export interface Upload extends Omit<Delivery, "content" | "own"> {
  /** Tag of who uploads; nobody else can go on with it. */
  readonly owner: Bytes;
  /** Bytes that will come. */
  readonly contentLength: number;
  readonly now: number;
}

/**
 * `staged`: go on at offset `received`. `done`: the message is in the store already, commit it to
 * get its entries. `too_large`: more than the store would hold for one owner.
 */
export type StageOutcome =
  | { readonly outcome: "staged"; readonly received: number }
  | { readonly outcome: "done" }
  | { readonly outcome: "refused"; readonly tags: readonly Bytes[] }
  | { readonly outcome: "id_reused" | "too_large" };

/** A piece of an upload. */
export interface Piece {
  readonly owner: Bytes;
  readonly messageId: Bytes;
  readonly offset: number;
  /** At least one byte. */
  readonly data: Bytes;
}

/** The end of an upload. */
export interface Commit {
  readonly owner: Bytes;
  readonly messageId: Bytes;
  /** Replaces the `meta` that was staged. */
  readonly meta: Bytes;
  /** The sealed entry of the owner's own mailbox, as in Delivery. */
  readonly own?: Bytes | null;
}

/** `incomplete`: pieces are missing from offset `received` on. `not_staged`: no such upload. */
export type CommitOutcome =
  | DeliveryOutcome
  | { readonly outcome: "incomplete"; readonly received: number }
  | { readonly outcome: "not_staged" };

/** How much unfinished uploading one owner may cause. */
export interface StageLimits {
  /** Uploads; a new one replaces the oldest. */
  readonly uploadsPerOwner: number;
  /** Bytes of content, counted as announced, over all uploads of an owner. */
  readonly bytesPerOwner: number;
}

export const DEFAULT_STAGE_LIMITS: StageLimits = {
  uploadsPerOwner: 4,
  bytesPerOwner: 128 * 1024 * 1024,
};

/** An upload that was begun so long ago is dropped. */
export const STAGE_LIFETIME_MS = 24 * 60 * 60_000;
/** Removals from a mailbox that are remembered; then the oldest are forgotten. */
export const MAX_REMOVALS = 100_000;
/** Content is kept in pieces of at most so many bytes. */
export const CONTENT_PIECE_BYTES = 256 * 1024;
/**
 * Failed logins are kept for at most so many tags; of those without an account the ones blocked the
 * shortest are forgotten first. What is known of an account stays, however many names are tried:
 * else whoever tries enough of them could guess at one user's password without being slowed down.
 */
export const MAX_ATTEMPT_TAGS = 10_000;

/**
 * Accounts, their invites, their identity records, their failed logins. An account that had a login
 * and is saved as `invited` loses the invite that it has used.
 */
export interface AccountStore {
  account(tag: Bytes): Promise<Account | null>;
  /** All accounts, in the order of their creation. */
  accounts(): Promise<AccountSummary[]>;
  /**
   * Creates the account (`expectedVersion` null) or replaces what it has (its version then).
   * Returns the new version, or null, with nothing written, when the account is at another version,
   * exists already or does not exist.
   */
  saveAccount(account: Omit<Account, "version">, expectedVersion: number | null): Promise<
    number | null
  >;
  /**
   * Does all of that in one step. When it removes or empties, it waits as `removeAccount` does.
   */
  changeAccount(change: AccountChange): Promise<AccountChangeOutcome>;
  /**
   * Removes account, mailbox, state, invite, failed logins and unfinished uploads. Identity records
   * and log stay. False if there was none. The account is gone at once and as a whole; the promise waits
   * until its messages are overwritten too, which a crash postpones to the next opening.
   */
  removeAccount(tag: Bytes): Promise<boolean>;

  /** Replaces an earlier invite of that tag. False if there is no account in status `invited`. */
  putInvite(invite: Invite): Promise<boolean>;
  /** What `register` would say to this claim now. */
  peekInvite(claim: InviteClaim): Promise<InviteOutcome>;
  /** Uses the invite up; the account gets status `registered`, its login, identity and state. */
  register(registration: Registration): Promise<RegistrationOutcome>;

  /** The identity records of each tag, oldest first, in the order of `tags`. */
  identities(tags: readonly Bytes[]): Promise<Bytes[][]>;
  /** Every tag that has identity records, in the order of the tags. */
  identityTags(): Promise<Bytes[]>;

  /** Zeros where nothing is known. */
  attempts(tag: Bytes): Promise<Attempts>;
  saveAttempts(tag: Bytes, attempts: Attempts): Promise<void>;
}

/** Mail on its way in. */
export interface DeliveryStore {
  deliver(delivery: Delivery): Promise<DeliveryOutcome>;
  /** Begins an upload or finds one to go on with. Drops uploads past their lifetime, of all owners. */
  stage(upload: Upload): Promise<StageOutcome>;
  /**
   * Returns how many bytes are there now, or null if nothing is staged under that id. A piece that
   * does not begin exactly where the last one ended changes nothing.
   */
  appendContent(piece: Piece): Promise<number | null>;
  /** Checks the mailboxes again. After a commit a second one of that owner says `duplicate`. */
  commitStaged(commit: Commit): Promise<CommitOutcome>;
}

export interface MailStore extends AccountStore, LogStore, DeliveryStore, MailboxStore, BlobStore {
  /** A number that changes when somebody else (another process) has written to the storage. */
  dataVersion(): Promise<number>;
  /** Looks for everything that must not be. Returns a sentence for each problem. */
  verify(): Promise<string[]>;
  /** Waits for mutations under way, then closes. Calls after it throw StoreError. */
  close(): Promise<void>;
}

/** What every engine wants to know when it opens. */
export interface OpenOptions {
  /** Now, in ms since the epoch: uploads past their lifetime are dropped. */
  readonly now: number;
  readonly stageLimits?: StageLimits;
  /** Removals remembered for each mailbox; MAX_REMOVALS unless said. */
  readonly maxRemovals?: number;
}
