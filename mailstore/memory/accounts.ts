/** Accounts, invites, identity records and failed logins in memory. */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import * as check from "../arguments.ts";
import {
  type Account,
  type AccountChange,
  type AccountChangeOutcome,
  type AccountStore,
  type AccountSummary,
  type Attempts,
  type Invite,
  type InviteClaim,
  type InviteOutcome,
  MAX_ATTEMPT_TAGS,
  type Registration,
  type RegistrationOutcome,
} from "../store.ts";
import { addToLog, fitsLog } from "./log.ts";
import { copyOf, type MemoryAccount, type Sync, type Tables } from "./tables.ts";

type Parts = Omit<Account, "version">;

/** The functions behind AccountStore; synchronous, so each is one step. */
export class MemoryAccounts implements Sync<AccountStore> {
  constructor(readonly tables: Tables) {}

  account(tag: Bytes): Account | null {
    check.checkTags([tag]);
    const account = this.tables.account(tag);
    if (account === undefined) return null;
    const { login, bundle } = account;
    return { ...summaryOf(account), login: copyOf(login), bundle: copyOf(bundle) };
  }

  accounts(): AccountSummary[] {
    return [...this.tables.accounts.values()].map(summaryOf);
  }

  saveAccount(account: Parts, expectedVersion: number | null): number | null {
    check.checkTags([account.tag]);
    const present = this.tables.account(account.tag);
    if ((present?.version ?? null) !== expectedVersion) return null;
    if (present === undefined) {
      this.tables.accounts.set(account.tag.toHex(), newAccount(account));
      return 1;
    }
    if (account.status === "invited" && present.login !== null) present.invite = null;
    assign(present, account);
    return present.version;
  }

  changeAccount(change: AccountChange): AccountChangeOutcome {
    check.checkAccountChange(change);
    const { tag, expectedVersion, account, invite, identity, log = [] } = change;
    if ((this.tables.account(tag)?.version ?? null) !== expectedVersion) return "conflict";
    if (identity && this.#identitiesOf(tag).length !== identity.expectedCount) return "conflict";
    if (!fitsLog(this.tables, log)) return "log_conflict";
    if (account === null) {
      this.removeAccount(tag);
    } else {
      this.saveAccount({ ...account, tag }, expectedVersion);
      const present = this.tables.account(tag)!;
      if (change.empties) this.#empty(present);
      if (invite === null) present.invite = null;
      if (invite) this.putInvite({ ...invite, tag });
    }
    if (identity) this.#addIdentity(tag, identity.record);
    addToLog(this.tables, log);
    return "changed";
  }

  removeAccount(tag: Bytes): boolean {
    check.checkTags([tag]);
    const account = this.tables.account(tag);
    if (account === undefined) return false;
    this.tables.accounts.delete(tag.toHex());
    this.#empty(account);
    return true;
  }

  putInvite(invite: Invite): boolean {
    check.checkInvite(invite);
    check.checkCount("the end of an invite", invite.expires);
    const account = this.tables.account(invite.tag);
    if (account?.status !== "invited") return false;
    account.invite = { tokenHash: invite.tokenHash.slice(), expires: invite.expires };
    return true;
  }

  peekInvite(claim: InviteClaim): InviteOutcome {
    check.checkInvite(claim);
    const account = this.tables.account(claim.tag);
    const invite = account?.invite ?? null;
    if (invite === null || !equalBytes(invite.tokenHash, claim.tokenHash)) return "invite_unknown";
    if (account?.status !== "invited") return "account_taken";
    return claim.now < invite.expires ? "valid" : "invite_expired";
  }

  register(registration: Registration): RegistrationOutcome {
    const invite = this.peekInvite(registration);
    check.checkLog(registration.log);
    if (invite !== "valid") return invite;
    const { tag, account, identity, state, log } = registration;
    if (!addToLog(this.tables, log)) return "log_conflict";
    const present = this.tables.account(tag)!;
    assign(present, { tag, status: "registered", ...account });
    present.state = { revision: present.state.revision + 1, sealed: state.slice() };
    this.#addIdentity(tag, identity);
    return "registered";
  }

  identities(tags: readonly Bytes[]): Bytes[][] {
    check.checkTags(tags);
    return tags.map((tag) => this.#identitiesOf(tag).map((record) => record.slice()));
  }

  identityTags(): Bytes[] {
    return [...this.tables.identities.keys()].sort().map((tag) => Uint8Array.fromHex(tag));
  }

  attempts(tag: Bytes): Attempts {
    check.checkTags([tag]);
    return { ...this.tables.attempts.get(tag.toHex()) ?? { failed: 0, blockedUntil: 0 } };
  }

  saveAttempts(tag: Bytes, attempts: Attempts): void {
    check.checkTags([tag]);
    check.checkAttempts(attempts);
    const all = this.tables.attempts;
    all.delete(tag.toHex());
    if (attempts.failed === 0 && attempts.blockedUntil === 0) return;
    all.set(tag.toHex(), { ...attempts });
    if (all.size <= MAX_ATTEMPT_TAGS) return;
    const strangers = [...all].filter(([tag]) => !this.tables.accounts.has(tag));
    const [leastBlocked] = strangers.sort(([tagA, a], [tagB, b]) =>
      a.blockedUntil - b.blockedUntil || (tagA < tagB ? -1 : 1)
    );
    if (leastBlocked !== undefined) all.delete(leastBlocked[0]);
  }

  /** Takes away what belongs to an account, except for what is its identity. */
  #empty(account: MemoryAccount): void {
    const key = account.tag.toHex();
    this.tables.removeUploads(({ upload }) => upload.owner.toHex() === key);
    this.tables.attempts.delete(key);
    const messages = [...account.entries.values()].map(({ messageId }) => messageId);
    account.entries.clear();
    account.removals = [];
    account.forgotten = ++account.modseq;
    account.blobs.clear();
    for (const messageId of messages) this.tables.removeUnreferenced(messageId);
    account.state = { revision: 0, sealed: null };
    account.invite = null;
  }

  #identitiesOf(tag: Bytes): Bytes[] {
    return this.tables.identities.get(tag.toHex()) ?? [];
  }

  #addIdentity(tag: Bytes, identity: Bytes): void {
    this.tables.identities.set(tag.toHex(), [...this.#identitiesOf(tag), identity.slice()]);
  }
}

function summaryOf({ tag, status, profile, version }: MemoryAccount): AccountSummary {
  return { tag: tag.slice(), status, profile: profile.slice(), version };
}

function newAccount({ tag, status, profile, login, bundle }: Parts): MemoryAccount {
  return {
    tag: tag.slice(),
    status,
    version: 1,
    profile: profile.slice(),
    login: copyOf(login),
    bundle: copyOf(bundle),
    invite: null,
    state: { revision: 0, sealed: null },
    ...{ lastIndex: 0, modseq: 0, forgotten: 0, removals: [], blobs: new Map() },
    entries: new Map(),
  };
}

function assign(account: MemoryAccount, { status, profile, login, bundle }: Parts): void {
  account.status = status;
  account.version++;
  account.profile = profile.slice();
  account.login = copyOf(login);
  account.bundle = copyOf(bundle);
}
