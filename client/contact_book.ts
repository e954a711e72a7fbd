/** The people on a server, as the faces show them, and what a user decides about their keys. */

import { formatFingerprint, normalizeFingerprint } from "../crypto/fingerprint.ts";
import type { IdentityRecord } from "../crypto/identity.ts";
import type { PinTrust } from "../crypto/contact_pin.ts";
import { normalizeUserName } from "../crypto/names.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { OpenAccount } from "./account.ts";
import { withAccepted } from "./contact_pins.ts";
import type { ContactInfo } from "./contact_types.ts";
import type { Contact, Contacts } from "./contacts.ts";
import { NotFoundError } from "./errors.ts";
import type { LogIndex } from "./key_log/log_index.ts";
import { logLine } from "./key_log/log_index.ts";

export class ContactBook {
  readonly #account: OpenAccount;
  readonly #contacts: Contacts;

  constructor(account: OpenAccount, contacts: Contacts) {
    this.#account = account;
    this.#contacts = contacts;
  }

  /** See Mailbox.contacts. */
  async all(): Promise<ContactInfo[]> {
    await this.#account.log.sync();
    const index = await this.#account.log.entries();
    const users = index.users.filter((user) => index.identitiesOf(user).length > 0).sort();
    const entries = await this.#contacts.directory.findWhatCounts(users);
    const found = await this.#contacts.judge(entries.filter((entry) => entry !== null));
    const byUser = new Map(found.map((contact) => [contact.user, contact]));
    return users.map((user) => this.#info(user, byUser.get(user) ?? null, index));
  }

  /** See Mailbox.contact. */
  async one(name: string): Promise<ContactInfo> {
    const { user } = await this.#find(name);
    return await this.#shown(user);
  }

  /** See Mailbox.verifyContact. */
  async verify(name: string, fingerprint: string): Promise<ContactInfo> {
    return await this.#decide(name, { fingerprint, trust: "compared" });
  }

  /** See Mailbox.acceptContact. */
  async accept(name: string, fingerprint: string): Promise<ContactInfo> {
    return await this.#decide(name, { fingerprint, trust: "seen" });
  }

  async #decide(
    name: string,
    { fingerprint, trust }: { fingerprint: string; trust: PinTrust },
  ): Promise<ContactInfo> {
    const given = normalizeFingerprint(fingerprint);
    const { user, newest } = await this.#find(name);
    const now = formatFingerprint(newest.fingerprint);
    if (given !== now) throw mismatch(user, { given, now });
    if (user !== this.#account.user) {
      await this.#account.state.update((state) => ({
        state: withAccepted(state, newest, trust),
        result: undefined,
      })).committed;
    }
    return await this.#shown(user);
  }

  /** Somebody who has keys that count. */
  async #find(name: string): Promise<Contact & { newest: IdentityRecord }> {
    const user = normalizeUserName(name.trim());
    const [contact] = await this.#contacts.find([user]);
    const { newest } = contact!;
    if (newest === null) {
      throw new NotFoundError(`Nobody on this server is called ${user}.`, {
        hint: "See who is there with: mailsec contacts",
      });
    }
    return { ...contact!, newest };
  }

  async #shown(user: string): Promise<ContactInfo> {
    const [contact] = await this.#contacts.find([user]);
    return this.#info(user, contact!, await this.#account.log.entries());
  }

  /** @param contact null: what the directory gives does not count. */
  #info(user: string, contact: Contact | null, index: LogIndex): ContactInfo {
    const pin = this.#account.state.current.pins.get(user);
    const pinned = pin === undefined ? null : formatFingerprint(pin.fingerprint);
    const newest = contact?.newest ?? null;
    const entry = index.identitiesOf(user).at(-1);
    const isMe = user === this.#account.user;
    return {
      user,
      ...index.standingOf(user),
      state: contact?.state ?? "changed",
      fingerprint: newest === null ? pinned ?? "" : formatFingerprint(newest.fingerprint),
      pinned: isMe ? formatFingerprint(this.#account.fingerprint) : pinned,
      vouchedBy: contact?.vouchedBy ?? [],
      epoch: newest?.epoch ?? pin?.epoch ?? 0,
      since: entry === undefined ? null : logLine(entry).time,
      isMe,
    };
  }
}

function mismatch(user: string, { given, now }: { given: string; now: string }): TrustError {
  return new TrustError(
    "fingerprint_mismatch",
    `The keys that the server gives for ${user} have another fingerprint: ${now}, not ${given}.`,
    {
      hint: "Nothing has changed. Compare once more, all of it; if it stays so, do not write to " +
        `${user} through this server: somebody may be reading along.`,
    },
  );
}
