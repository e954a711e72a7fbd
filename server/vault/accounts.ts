/** Accounts by name, opened from and sealed into the store; what is done to them is logged. */

import type { Bytes } from "../../crypto/bytes.ts";
import { type IdentityRecord, parseIdentity } from "../../crypto/identity.ts";
import type { UserRole } from "../../crypto/invite_grant.ts";
import type {
  AccountStatus,
  AccountStore,
  InviteOutcome,
  RegistrationOutcome,
} from "../../mailstore/store.ts";
import { AccountColumns, type AccountContents } from "./account_columns.ts";
import type { AtRest } from "./at_rest.ts";
import type { KeyLog } from "./key_log.ts";
import { identityEntry, type NewLogEntry } from "./new_log_entry.ts";
import { newProfile } from "./profile.ts";

/** Length of an OPAQUE registration record. */
const LOGIN_RECORD_BYTES = 192;

/** What the server knows about a user. */
export interface User {
  readonly user: string;
  readonly tag: Bytes;
  readonly status: AccountStatus;
  readonly role: UserRole;
  /** When the account was made, ms since the epoch. */
  readonly created: number;
  /** First login, ms since the epoch; null before it. */
  readonly joined: number | null;
}

/** A change of an account with all that goes with it, done whole or not at all. */
export interface AccountChange {
  /** What the account is from now on; null: it is removed with everything but its keys. */
  readonly account: AccountContents | null;
  /** Takes mailbox, state, invite, failed logins and unfinished uploads away. */
  readonly empties?: boolean;
  /** The invite that counts from now on, for an account in status `invited`. */
  readonly invite?: { readonly tokenHash: Bytes; readonly expires: number };
  /** New keys, which go into the log before the acts. */
  readonly identity?: IdentityRecord;
  /** What else goes into the log. */
  readonly acts?: readonly NewLogEntry[];
}

/**
 * Decides on a change from the account as it is now (null: there is none) and the name's identity
 * records, oldest first. Null: nothing is to be done. It may throw, and is asked again when somebody
 * else has changed the account meanwhile.
 */
export type Decide = (
  now: AccountContents | null,
  identities: readonly IdentityRecord[],
) => AccountChange | null | Promise<AccountChange | null>;

/** What a registration hands in, in clear and checked. */
export interface RegistrationParts {
  readonly account: AccountContents;
  readonly identity: IdentityRecord;
  readonly state: Bytes;
  readonly acts: readonly NewLogEntry[];
}

interface AccountsOptions {
  readonly store: AccountStore;
  readonly atRest: AtRest;
  readonly keyLog: KeyLog;
}

/** See the head of this file. Names are in their normal form. */
export class Accounts {
  readonly #store: AccountStore;
  readonly #atRest: AtRest;
  readonly #columns: AccountColumns;
  readonly #keyLog: KeyLog;

  constructor({ store, atRest, keyLog }: AccountsOptions) {
    this.#store = store;
    this.#atRest = atRest;
    this.#columns = new AccountColumns(atRest);
    this.#keyLog = keyLog;
  }

  tagOf(user: string): Bytes {
    return this.#atRest.tagOf(user);
  }

  /** The account, or null. Throws DecryptionError when its columns were changed. */
  async find(user: string): Promise<AccountContents | null> {
    const account = await this.#store.account(this.tagOf(user));
    return account && this.#columns.open(account);
  }

  /**
   * What a login begins with, both null when there is no account. What is opened for a name with a
   * login has a counterpart for one without, so that the time this takes does not tell them apart.
   */
  async loginOf(user: string): Promise<{ status: AccountStatus | null; login: Bytes | null }> {
    const tag = this.tagOf(user);
    const account = await this.#store.account(tag);
    if (account === null || account.login === null) {
      this.#atRest.seal("login", tag, new Uint8Array(LOGIN_RECORD_BYTES));
      return { status: account?.status ?? null, login: null };
    }
    return { status: account.status, login: this.#atRest.open("login", tag, account.login) };
  }

  /**
   * The hash of what a recovery of this name has to prove itself with, 32 bytes; null when it cannot
   * be recovered. A name that nobody has costs the same work as one with an account.
   */
  async recoveryOf(user: string): Promise<Bytes | null> {
    const tag = this.tagOf(user);
    const account = await this.#store.account(tag);
    if (account === null) {
      this.#columns.sealProfile(tag, newProfile(user, 0));
      return null;
    }
    const { recovery } = this.#columns.profileOf(account);
    return isInUse(account) ? recovery : null;
  }

  /** The status of an account; null when there is none. */
  async statusOf(user: string): Promise<AccountStatus | null> {
    return (await this.#store.account(this.tagOf(user)))?.status ?? null;
  }

  /** Whether somebody is an administrator whose word counts now. */
  async isAdmin(user: string): Promise<boolean> {
    const account = await this.find(user);
    return account?.status === "active" && account.role === "admin";
  }

  /** The names behind tags; a tag whose account is gone has none. */
  async namesOf(tags: readonly Bytes[]): Promise<string[]> {
    const accounts = await Promise.all(tags.map((tag) => this.#store.account(tag)));
    return accounts.flatMap((account) =>
      account === null ? [] : [this.#columns.profileOf(account).user]
    );
  }

  /** All users in the order of their creation. */
  async all(): Promise<User[]> {
    return (await this.#store.accounts()).map((account) => {
      const { user, role, created, joined } = this.#columns.profileOf(account);
      return { user, tag: account.tag, status: account.status, role, created, joined };
    });
  }

  /** Whether somebody who brings this token may register under this name. */
  checkInvite(user: string, claim: { tokenHash: Bytes; now: number }): Promise<InviteOutcome> {
    return this.#store.peekInvite({ ...claim, tag: this.tagOf(user) });
  }

  /**
   * Uses an invite up for what a new user has handed in. `index` is where the log has the keys,
   * when the outcome is "registered".
   */
  async register(
    claim: { tokenHash: Bytes; now: number },
    { account, identity, state, acts }: RegistrationParts,
  ): Promise<{ outcome: Exclude<RegistrationOutcome, "log_conflict">; index: number }> {
    const tag = this.tagOf(account.user);
    const login = this.#atRest.seal("login", tag, account.login!);
    const bundle = this.#atRest.seal("bundle", tag, account.bundle!);
    const registration = {
      ...claim,
      tag,
      account: { profile: this.#columns.sealProfile(tag, account), login, bundle },
      identity: this.#columns.sealIdentity(tag, identity),
      state: this.#atRest.seal("state", tag, state),
    };
    return await this.#keyLog.append<RegistrationOutcome>(
      [identityEntry(identity), ...acts],
      (log) => this.#store.register({ ...registration, log }),
    );
  }

  /** The first login has happened: from now on the account gets mail. */
  async activate(user: string, now: number): Promise<void> {
    await this.change(
      user,
      (account) =>
        account?.status === "registered"
          ? { account: { ...account, status: "active", joined: account.joined ?? now } }
          : null,
    );
  }

  /**
   * Changes an account as `decide` says, in one step with the entries of the log that tell of it.
   * `index` is the number of the first of these (0 without any). Null: nothing was to be done.
   */
  async change(user: string, decide: Decide): Promise<{ index: number } | null> {
    const tag = this.tagOf(user);
    for (;;) {
      const account = await this.#store.account(tag);
      const identities = await this.identityRecords(user);
      const change = await decide(account && this.#columns.open(account), identities);
      if (change === null) return null;
      const { identity, acts = [] } = change;
      const entries = identity === undefined ? acts : [identityEntry(identity), ...acts];
      const sealed = {
        tag,
        expectedVersion: account?.version ?? null,
        account: change.account && this.#columns.seal(tag, change.account),
        ...(change.empties === undefined ? {} : { empties: change.empties }),
        ...(change.invite === undefined ? {} : { invite: change.invite }),
        ...(identity === undefined ? {} : {
          identity: {
            expectedCount: identities.length,
            record: this.#columns.sealIdentity(tag, identity),
          },
        }),
      };
      const { outcome, index } = await this.#keyLog.append(
        entries,
        (log) => this.#store.changeAccount({ ...sealed, log }),
      );
      if (outcome === "changed") return { index };
    }
  }

  /** The latest identity records of a user, at most so many, oldest first. */
  async latestIdentities(user: string, most: number): Promise<Bytes[]> {
    const tag = this.tagOf(user);
    const [sealed] = await this.#store.identities([tag]);
    return sealed!.slice(-most).map((record) => this.#columns.openIdentity(tag, record));
  }

  /** The identity records of one user, oldest first. */
  async identityRecords(user: string): Promise<IdentityRecord[]> {
    return (await this.latestIdentities(user, Infinity)).map(parseIdentity);
  }
}

/** Whether somebody may log in to an account, or recover it. */
export function isInUse({ status }: Pick<AccountContents, "status">): boolean {
  return status === "active" || status === "registered";
}
