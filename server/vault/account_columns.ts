/** The sealed columns of an account, and the account they are opened to. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { IdentityRecord } from "../../crypto/identity.ts";
import type { Account, AccountStatus } from "../../mailstore/store.ts";
import type { AtRest } from "./at_rest.ts";
import { decodeProfile, encodeProfile, type Profile } from "./profile.ts";

/** All of an account, in clear. */
export interface AccountContents extends Profile {
  readonly status: AccountStatus;
  /** OPAQUE registration record; null before the registration. */
  readonly login: Bytes | null;
  /** The key bundle; null before the registration. */
  readonly bundle: Bytes | null;
}

/** Opens and seals. Opening throws DecryptionError or FormatError for columns that were changed. */
export class AccountColumns {
  readonly #atRest: AtRest;

  constructor(atRest: AtRest) {
    this.#atRest = atRest;
  }

  open(account: Account): AccountContents {
    const { tag, status, login, bundle } = account;
    return {
      ...this.profileOf(account),
      status,
      login: login && this.#atRest.open("login", tag, login),
      bundle: bundle && this.#atRest.open("bundle", tag, bundle),
    };
  }

  profileOf({ tag, profile }: Pick<Account, "tag" | "profile">): Profile {
    return decodeProfile(this.#atRest.open("profile", tag, profile));
  }

  seal(tag: Bytes, account: AccountContents): Omit<Account, "tag" | "version"> {
    const { status, login, bundle } = account;
    return {
      status,
      profile: this.sealProfile(tag, account),
      login: login && this.#atRest.seal("login", tag, login),
      bundle: bundle && this.#atRest.seal("bundle", tag, bundle),
    };
  }

  sealProfile(tag: Bytes, profile: Profile): Bytes {
    return this.#atRest.seal("profile", tag, encodeProfile(profile));
  }

  sealIdentity(tag: Bytes, { bytes }: IdentityRecord): Bytes {
    return this.#atRest.seal("identity", tag, bytes);
  }

  openIdentity(tag: Bytes, sealed: Bytes): Bytes {
    return this.#atRest.open("identity", tag, sealed);
  }
}
