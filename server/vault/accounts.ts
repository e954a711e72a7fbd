/**
 * Accounts by name, opened from and sealed into the store.
 *
 * The profile of an account is strict CBOR `{user, created, joined}`, times in ms since the epoch,
 * `joined` (the first login) null before it.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { CborFields } from "../../crypto/cbor_fields.ts";
import type {
  Account,
  AccountStatus,
  AccountStore,
  InviteOutcome,
  RegistrationOutcome,
} from "../../mailstore/store.ts";
import { AccountError } from "../errors.ts";
import type { AtRest } from "./at_rest.ts";

/** Length of an OPAQUE registration record. */
const LOGIN_RECORD_BYTES = 192;

/** What the server knows about a user. */
export interface User {
  readonly user: string;
  readonly tag: Bytes;
  readonly status: AccountStatus;
  /** When the account was made, ms since the epoch. */
  readonly created: number;
  /** First login, ms since the epoch; null before it. */
  readonly joined: number | null;
}

/** A user with what a login needs. */
export interface UserWithLogin extends User {
  /** OPAQUE registration record; null before the registration. */
  readonly login: Bytes | null;
  readonly bundle: Bytes | null;
}

/** What a registration hands in, in clear. */
export interface RegistrationParts {
  readonly login: Bytes;
  readonly bundle: Bytes;
  readonly identity: Bytes;
  readonly state: Bytes;
}

/** See the head of this file. Names are in their normal form. */
export class Accounts {
  readonly #store: AccountStore;
  readonly #atRest: AtRest;

  constructor(store: AccountStore, atRest: AtRest) {
    this.#store = store;
    this.#atRest = atRest;
  }

  tagOf(user: string): Bytes {
    return this.#atRest.tagOf(user);
  }

  /** The account with its login, or null. Throws DecryptionError when its columns were changed. */
  async find(user: string): Promise<UserWithLogin | null> {
    const tag = this.tagOf(user);
    const account = await this.#store.account(tag);
    if (account === null) return null;
    const { login, bundle } = account;
    return {
      ...this.#userOf(account),
      login: login && this.#atRest.open("login", tag, login),
      bundle: bundle && this.#atRest.open("bundle", tag, bundle),
    };
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

  /** The sealed key bundle of a user; null when there is none. */
  async bundleOf(user: string): Promise<Bytes | null> {
    const tag = this.tagOf(user);
    const bundle = (await this.#store.account(tag))?.bundle ?? null;
    return bundle && this.#atRest.open("bundle", tag, bundle);
  }

  /** The status of an account; null when there is none. */
  async statusOf(user: string): Promise<AccountStatus | null> {
    return (await this.#store.account(this.tagOf(user)))?.status ?? null;
  }

  /** The names behind tags; a tag whose account is gone has none. */
  async namesOf(tags: readonly Bytes[]): Promise<string[]> {
    const accounts = await Promise.all(tags.map((tag) => this.#store.account(tag)));
    return accounts.flatMap((account) => account === null ? [] : [this.#userOf(account).user]);
  }

  /** All users in the order of their creation. */
  async all(): Promise<User[]> {
    return (await this.#store.accounts()).map((account) => this.#userOf(account));
  }

  /** Makes an account without a login. Throws AccountError `user_exists`. */
  async create(user: string, now: number): Promise<void> {
    const tag = this.tagOf(user);
    const profile = this.#sealProfile({ user, tag, created: now, joined: null });
    const account = { tag, status: "invited", profile, login: null, bundle: null } as const;
    if (await this.#store.saveAccount(account, null) === null) {
      throw new AccountError("user_exists", `There is a user "${user}" already.`);
    }
  }

  /** Whether somebody who brings this token may register under this name. */
  checkInvite(user: string, claim: { tokenHash: Bytes; now: number }): Promise<InviteOutcome> {
    return this.#store.peekInvite({ ...claim, tag: this.tagOf(user) });
  }

  /** Uses an invite up for what a new user has handed in. */
  async register(
    user: string,
    claim: { tokenHash: Bytes; now: number },
    parts: RegistrationParts,
  ): Promise<RegistrationOutcome> {
    const tag = this.tagOf(user);
    const account = await this.#store.account(tag);
    if (account === null) return "invite_unknown";
    return await this.#store.register({
      ...claim,
      tag,
      account: {
        profile: account.profile,
        login: this.#atRest.seal("login", tag, parts.login),
        bundle: this.#atRest.seal("bundle", tag, parts.bundle),
      },
      identity: this.#atRest.seal("identity", tag, parts.identity),
      state: this.#atRest.seal("state", tag, parts.state),
    });
  }

  /** The first login has happened: from now on the account gets mail. */
  activate(user: string, now: number): Promise<void> {
    return this.#change(user, (account, { created, joined }) => {
      if (account.status !== "registered") return account;
      const profile = { user, tag: account.tag, created, joined: joined ?? now };
      return { ...account, status: "active", profile: this.#sealProfile(profile) };
    });
  }

  /** Disables an account. Throws AccountError `user_unknown`. */
  disable(user: string): Promise<void> {
    return this.#change(user, (account) => ({ ...account, status: "disabled" }));
  }

  /** Makes a disabled account what it was before. Throws AccountError `user_unknown`. */
  enable(user: string): Promise<void> {
    return this.#change(user, (account, { joined }) => {
      if (account.status !== "disabled") return account;
      const usable = joined !== null ? "active" : account.login !== null ? "registered" : "invited";
      return { ...account, status: usable };
    });
  }

  /** The identity records of each user, oldest first, in the order of `users`. */
  async identities(users: readonly string[]): Promise<Bytes[][]> {
    const tags = users.map((user) => this.tagOf(user));
    const sealed = await this.#store.identities(tags);
    return sealed.map((records, i) =>
      records.map((record) => this.#atRest.open("identity", tags[i]!, record))
    );
  }

  /** Changes an account as it is now, again when somebody else was faster. */
  async #change(user: string, change: (account: Account, known: User) => Account): Promise<void> {
    for (;;) {
      const account = await this.#store.account(this.tagOf(user));
      if (account === null) throw new AccountError("user_unknown", `There is no user "${user}".`);
      const changed = change(account, this.#userOf(account));
      if (changed === account) return;
      if (await this.#store.saveAccount(changed, account.version) !== null) return;
    }
  }

  #userOf({ tag, status, profile }: Pick<Account, "tag" | "status" | "profile">): User {
    const opened = this.#atRest.open("profile", tag, profile);
    const fields = new CborFields(decodeCbor(opened, "profile"), "profile");
    const user = {
      user: fields.userName("user"),
      tag,
      status,
      created: fields.uint("created"),
      joined: fields.takeNull("joined") ? null : fields.uint("joined"),
    };
    fields.end();
    return user;
  }

  #sealProfile({ user, tag, created, joined }: Omit<User, "status">): Bytes {
    const profile = new Map<string, string | number | null>([
      ["user", user],
      ["created", created],
      ["joined", joined],
    ]);
    return this.#atRest.seal("profile", tag, encodeCbor(profile));
  }
}
