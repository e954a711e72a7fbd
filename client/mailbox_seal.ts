/** From a mail as typed to a sealed one: limits, recipients and their keys, counters. */

import type { AccountState } from "../crypto/account_state.ts";
import { type Bytes, randomBytes } from "../crypto/bytes.ts";
import { acceptedEntry } from "../crypto/entry_fields.ts";
import { MESSAGE_ID_BYTES } from "../crypto/envelope_header.ts";
import {
  type MailRecipient,
  type MailToSeal,
  type SealedMail,
  sealMail,
} from "../crypto/envelope_seal.ts";
import type { IdentityRecord } from "../crypto/identity.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { MAX_BODY_BYTES, MAX_MESSAGE_BYTES, MAX_RECIPIENTS } from "../protocol/limits.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import {
  type AcceptedKeys,
  areAccepted,
  type ChangedKeys,
  withAccepted,
  withFirstPins,
} from "./contact_pins.ts";
import { changesAmong, type Contact, type Contacts } from "./contacts.ts";
import type { KnownMail } from "./entry_book.ts";
import { NotFoundError, RecipientsError } from "./errors.ts";
import { marksOf } from "./intake_decisions.ts";
import type { MailLimits, OutgoingMail, SealedOutgoing } from "./mailbox_types.ts";
import { composeMime } from "./mime_compose.ts";
import { messageTooLarge, NO_THREAD, outgoingText, threadAfter, withBcc } from "./outgoing.ts";
import { acceptedKeys, keyChanged, normalNames, unknownRecipients } from "./recipients.ts";

/** Takes counters for a mail: what each recipient's is, or whose keys stand in the way. */
interface Reservation {
  readonly counter: ReadonlyMap<string, number>;
  readonly changed: readonly ChangedKeys[];
}

/** A mail of which all is known but the counters. */
interface MailToSend
  extends
    Pick<MailToSeal, "mime" | "date" | "subject" | "preview" | "size">,
    Pick<MailToSeal, "attachments" | "inReplyTo" | "references"> {
  readonly messageId?: Bytes;
  readonly to: readonly Contact[];
  readonly cc: readonly Contact[];
  readonly accepted: AcceptedKeys;
}

export class MailSealer {
  readonly #account: OpenAccount;
  readonly #contacts: Contacts;
  readonly #find: (id: string) => Promise<KnownMail | null>;

  /** @param find A mail of this mailbox, by its message id in hexadecimal. */
  constructor(
    account: OpenAccount,
    contacts: Contacts,
    find: (id: string) => Promise<KnownMail | null>,
  ) {
    this.#account = account;
    this.#contacts = contacts;
    this.#find = find;
  }

  get limits(): MailLimits {
    const { maxBodyBytes, maxMessageBytes, maxRecipients } = this.#account.hello;
    // A server may take less than the protocol allows, never more; the sender's copy is always one.
    return {
      maxBodyBytes: Math.min(maxBodyBytes, MAX_BODY_BYTES),
      maxMessageBytes: Math.min(maxMessageBytes, MAX_MESSAGE_BYTES),
      maxRecipients: Math.min(Math.max(maxRecipients, 1), MAX_RECIPIENTS),
    };
  }

  /**
   * The recipients, each once, all of them known to the directory and active.
   *
   * @throws {RecipientsError}
   * @throws {TrustError} as Directory.find; with an AlarmCode while sending is stopped.
   */
  async recipients(names: readonly string[]): Promise<Contact[]> {
    await this.#account.log.alarms.assertNone();
    const users = normalNames(names);
    const others = users.filter((user) => user !== this.#account.user);
    const { maxRecipients } = this.limits;
    if (others.length + 1 > maxRecipients) {
      const most = `This server takes at most ${maxRecipients - 1} recipients besides yourself`;
      throw new RecipientsError("too_many_recipients", `${most}, not ${others.length}.`, [], {
        hint: "Send it in several mails.",
      });
    }
    const contacts = await this.#contacts.find(users);
    const unknown = contacts.filter(({ status }) => status !== "active").map(({ user }) => user);
    if (unknown.length > 0) throw unknownRecipients(unknown);
    return contacts;
  }

  /** @throws {KeyChangedError} when one of them has other keys than the pinned or accepted. */
  checkKeys(contacts: readonly Contact[], accepted: AcceptedKeys = new Map()): void {
    const { state } = this.#account;
    const changed = this.#changes(state.current, contacts, accepted);
    if (changed.length > 0) throw keyChanged(changed);
  }

  /** Checks and seals. @throws {TooLargeError} {RecipientsError} {KeyChangedError} {TrustError} */
  async seal(mail: OutgoingMail): Promise<SealedOutgoing> {
    const text = outgoingText(mail, this.limits.maxBodyBytes);
    const { to, cc, bcc } = await this.#addressees(mail);
    const accepted = acceptedKeys(mail.acceptChangedKeys ?? new Map());
    this.checkKeys([...to, ...cc, ...bcc], accepted);
    const thread = await this.#threadOf(mail);
    const messageId = randomBytes(MESSAGE_ID_BYTES);
    const date = systemClock.now();
    const mime = await composeMime({
      ...{ from: this.#account.user, to: namesOf(to), cc: namesOf(cc), messageId, dateMs: date },
      ...{ title: mail.title, body: text.body, fileName: mail.bodyFileName },
      ...{ attachments: text.files, ...thread.headers },
    });
    if (mime.length > this.limits.maxMessageBytes) throw messageTooLarge(this.limits);
    const common = { ...text.summary, ...thread.fields, mime, date, accepted };
    const main = await this.#sealOne({ ...common, messageId, to, cc });
    const others: SealedOutgoing[] = [];
    for (const one of bcc) others.push(await this.#sealOne({ ...common, to: [one], cc: [] }));
    const { inReplyTo: answers, forwards, draft } = mail;
    return {
      ...withBcc(main, namesOf(bcc)),
      bcc: others,
      then: definedOnly({ answers, forwards, draft }),
    };
  }

  /** Who gets a mail, each user once: those under to first, then cc, then bcc. */
  async #addressees({ to, cc = [], bcc = [] }: OutgoingMail) {
    const contacts = await this.recipients([...to, ...cc, ...bcc]);
    const byName = new Map(contacts.map((contact) => [contact.user, contact]));
    const take = (names: readonly string[]) => {
      const taken = names.length === 0 ? [] : normalNames(names);
      return taken.flatMap((user) => {
        const contact = byName.get(user);
        byName.delete(user);
        return contact ?? [];
      });
    };
    return { to: take(to), cc: take(cc), bcc: take(bcc) };
  }

  async #threadOf({ inReplyTo }: OutgoingMail) {
    if (inReplyTo === undefined) return NO_THREAD;
    const known = await this.#find(inReplyTo);
    if (known === null || known.entry === "damaged" || known.entry.rejected !== null) {
      throw new NotFoundError("The mail that is to be answered is not in this mailbox any more.", {
        hint: "Send it as a new mail.",
      });
    }
    return threadAfter(known.entry, known.messageId);
  }

  async #sealOne(
    { messageId = randomBytes(MESSAGE_ID_BYTES), to, cc, accepted, ...mail }: MailToSend,
  ): Promise<SealedOutgoing> {
    const contacts = [...to, ...cc];
    const recipients = await this.#sealTo(contacts);
    // Looking the recipients up may have brought something to light.
    await this.#account.log.alarms.assertNone();
    const { size, root } = this.#account.log.head;
    const sealed = await this.#withCounters(contacts, accepted, (counter) =>
      sealMail({
        ...{ ...mail, messageId, recipients, counter, from: this.#account.user },
        signer: this.#account.keys.signer,
        realm: this.#account.realm,
        ...{ cc: namesOf(cc), log: { size, root } },
      }));
    return this.#outgoing(sealed, { to: namesOf(to), cc: namesOf(cc) });
  }

  /** Gives the counters of a mail back that the server has refused, unless others were taken. */
  async release({ counter }: SealedOutgoing): Promise<void> {
    const change = (state: AccountState) => {
      const sent = new Map(state.counters.sent);
      let changed = false;
      for (const [user, taken] of counter) {
        if (sent.get(user) !== taken) continue;
        if (taken === 1) sent.delete(user);
        else sent.set(user, taken - 1);
        changed = true;
      }
      const counters = { ...state.counters, sent };
      return { state: changed ? { ...state, counters } : state, result: undefined };
    };
    await this.#account.state.update(change).committed;
  }

  /**
   * Takes a counter for each recipient and seals with it. The state with the counters is written
   * while the mail is being sealed; should another device have taken the same ones in this
   * moment, it is sealed again. A mail leaves only when its counters are taken durably, for a
   * recipient takes two mails with one counter for a replay.
   */
  async #withCounters(
    contacts: readonly Contact[],
    accepted: AcceptedKeys,
    seal: (counter: ReadonlyMap<string, number>) => Promise<SealedMail>,
  ): Promise<SealedMail> {
    const identities = identitiesOf(contacts);
    const { tentative, committed } = this.#account.state.update<Reservation>((state) => {
      const changed = this.#changes(state, contacts, accepted);
      if (changed.length > 0) return { state, result: { counter: new Map(), changed } };
      const others = identities.filter(({ user }) => user !== this.#account.user);
      const pinned = others.filter((identity) => areAccepted(accepted, identity)).reduce(
        (before, identity) => withAccepted(before, identity, "seen"),
        withFirstPins(state, others),
      );
      const users = contacts.map(({ user }) => user);
      const counter = new Map(
        users.map((user) => [user, 1 + (pinned.counters.sent.get(user) ?? 0)]),
      );
      const sent = new Map([...pinned.counters.sent, ...counter]);
      const counters = { ...pinned.counters, sent };
      return { state: { ...pinned, counters }, result: { counter, changed } };
    });
    if (tentative.changed.length > 0) {
      await committed;
      throw keyChanged(tentative.changed);
    }
    const [reserved, sealed] = await Promise.all([committed, seal(tentative.counter)]);
    if (reserved.changed.length > 0) throw keyChanged(reserved.changed);
    const same = [...reserved.counter].every(([user, n]) => tentative.counter.get(user) === n);
    return same ? sealed : await seal(reserved.counter);
  }

  #changes(
    state: AccountState,
    contacts: readonly Contact[],
    accepted: AcceptedKeys,
  ): ChangedKeys[] {
    const others = contacts.filter(({ user }) => user !== this.#account.user);
    return changesAmong(state, others, accepted);
  }

  /**
   * The recipients and the sender's own copy, with the keys to seal to.
   *
   * @throws {TrustError} `own_identity` when the directory has no keys for the own copy.
   */
  async #sealTo(contacts: readonly Contact[]): Promise<MailRecipient[]> {
    const { user: me } = this.#account;
    const own = contacts.some(({ user }) => user === me) ? [] : await this.#contacts.find([me]);
    if (own.some(({ identity }) => identity === null)) throw deniedOwnKeys();
    const recipientOf = async (contact: Contact) => ({
      user: contact.user,
      fingerprint: contact.identity!.fingerprint,
      kem: await this.#contacts.kemKey(contact),
    });
    const [named, copy] = await Promise.all([
      Promise.all(contacts.map(recipientOf)),
      Promise.all(own.map(recipientOf)),
    ]);
    return [...named, ...copy.map((recipient) => ({ ...recipient, copy: true as const }))];
  }

  #outgoing(
    sealed: SealedMail,
    { to, cc }: { to: string[]; cc: string[] },
  ): SealedOutgoing {
    const { messageId, header, summary, content, contentKey, headerSha512, fields } = sealed;
    const mine = { contentKey, headerSha512, fields, warnings: [] };
    const isToMe = [...to, ...cc].includes(this.#account.user);
    return {
      ...{ messageId, header, summary, content, to, cc, bcc: [], then: {} },
      size: fields.size,
      date: new Date(fields.date).toISOString(),
      counter: sealed.counter,
      ownCopy: isToMe ? null : acceptedEntry(mine, marksOf(true)),
    };
  }
}

function deniedOwnKeys(): TrustError {
  return new TrustError("own_identity", "The server says that you have no account there.", {
    hint: "Nobody can write to you, and no mail was sent: ask the server's administrator.",
  });
}

function identitiesOf(contacts: readonly Contact[]): IdentityRecord[] {
  return contacts.flatMap(({ identity }) => identity === null ? [] : [identity]);
}

function namesOf(contacts: readonly Contact[]): string[] {
  return contacts.map(({ user }) => user);
}

/** Without what is undefined. */
function definedOnly<T extends Record<string, string | undefined>>(
  values: T,
): { [Key in keyof T]?: string } {
  const defined = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [Key in keyof T]?: string };
}
