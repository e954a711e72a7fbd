/**
 * Intake: the first look at mails, before anything of them is shown (crypto/envelope_intake.ts has
 * the rules). Works through mails in batches: decapsulations run at the same time, their results
 * are released on one tick, and what was found is written back as sealed entries, so that every
 * device of the user does this once for a mail.
 *
 * Entries are written before the counters they use up: cut off in between, a mail that was taken
 * in must not look like a replay of itself.
 *
 * A mail whose sender's keys the directory does not have is not opened and gets no entry: it is
 * listed as rejected and looked at again next time. That it has no entry tells the server nothing,
 * for nothing but its own answer has decided it.
 */

import type { AccountState } from "../crypto/account_state.ts";
import { type Bytes, equalBytes, toHex } from "../crypto/bytes.ts";
import { marksIn, type SealedEntry } from "../crypto/entry_fields.ts";
import { decodeHeader } from "../crypto/envelope_header.ts";
import { intakeMail } from "../crypto/envelope_intake.ts";
import { FormatError } from "../crypto/errors.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import { releaseOnTick } from "../crypto/tick.ts";
import { fetchMails } from "../protocol/messages/fetch.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import { ProtocolError } from "../protocol/session_errors.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import type { Contacts } from "./contacts.ts";
import type { EntryBook, KnownMail } from "./entry_book.ts";
import {
  entryOf,
  type FetchedMail,
  hasCounters,
  isToBeLookedAtAgain,
  type LookedAt,
  type NewMail,
  remembered,
  withoutCounter,
  withoutDoubles,
} from "./intake_decisions.ts";
import { type SenderName, Senders } from "./senders.ts";

/** Mails looked at together. */
const BATCH_MAILS = 32;

export class Intake {
  readonly #account: OpenAccount;
  readonly #senders: Senders;
  readonly #book: EntryBook;
  /** Index under which each mail was taken in here, by message id. */
  readonly #seen = new Map<string, number>();
  /** Index of a mail that was taken in earlier: see MailIndex.firstIndex. */
  readonly #known: (id: string, index: number) => number | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    account: OpenAccount,
    { contacts, book, known = () => undefined }: {
      contacts: Contacts;
      book: EntryBook;
      known?: (id: string, index: number) => number | undefined;
    },
  ) {
    this.#known = known;
    this.#account = account;
    this.#senders = new Senders(account, contacts);
    this.#book = book;
  }

  /**
   * Takes in all mails among these that have no entry yet, and opens the entries of the others.
   * Mails that are gone in the meantime are left out. One call works at a time.
   *
   * @param found In any order.
   * @returns Newest first.
   */
  takeIn(found: readonly MailboxEntry[]): Promise<KnownMail[]> {
    const taken = this.#last.then(() => this.#takeIn(found));
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  async #takeIn(found: readonly MailboxEntry[]): Promise<KnownMail[]> {
    const known = found.flatMap((place) => this.#book.open(place) ?? []);
    const fresh = found
      .filter(({ sealed }) => sealed === null)
      .sort((a, b) => a.index - b.index);
    for (let i = 0; i < fresh.length; i += BATCH_MAILS) {
      known.push(...await this.#takeBatch(fresh.slice(i, i + BATCH_MAILS)));
    }
    return known.sort((a, b) => a.index - b.index).map((mail) => this.#onlyOnce(mail)).reverse();
  }

  async #takeBatch(places: readonly MailboxEntry[]): Promise<KnownMail[]> {
    // Another call, or another device, may have been here in the meantime.
    const current = await this.#book.find({ indices: places.map(({ index }) => index) });
    const known = current.flatMap((place) => this.#book.open(place) ?? []);
    const fresh = current.filter(({ sealed }) => sealed === null);
    if (fresh.length === 0) return known;
    const mails = await this.#fetch(fresh);
    const { state } = this.#account;
    const earlier = await this.#senders.earlierFingerprints();
    const looked = await releaseOnTick(
      systemClock,
      () => Promise.all(mails.map((mail) => this.#look(mail, state.current, earlier))),
    );
    const decided = await this.#heldAgainstLog(withoutDoubles(looked, state.current));
    known.push(...await this.#write(decided.filter((mail) => !isToBeLookedAtAgain(mail))));
    known.push(...decided.filter(isToBeLookedAtAgain).map((mail) => this.#unwritten(mail)));
    await state.update((before) => ({
      state: remembered(before, decided, this.#account.user),
      result: undefined,
    })).committed;
    return known;
  }

  /** Headers and summaries, and the keys of those whom the headers name as senders. */
  async #fetch(places: readonly MailboxEntry[]): Promise<NewMail[]> {
    const fetched = new Map<string, FetchedMail>();
    let missing = places.map(({ messageId }) => messageId);
    while (missing.length > 0) {
      const { mails } = await this.#account.request(fetchMails, { messageIds: missing });
      if (mails.length === 0) break;
      for (const mail of mails) fetched.set(toHex(mail.messageId), mail);
      const before = missing.length;
      missing = missing.filter((messageId) => !fetched.has(toHex(messageId)));
      if (missing.length === before) {
        throw new ProtocolError("The server sent other mails than it was asked for.");
      }
    }
    const found = places.flatMap((place) => {
      const mail = fetched.get(toHex(place.messageId));
      return mail === undefined ? [] : [{ place, fetched: mail, name: senderOf(mail) }];
    });
    const named = found.flatMap(({ name }) => name ?? []);
    const senders = await this.#senders.find(named);
    const sender = new Map(named.map((name, i) => [name, senders[i]!]));
    return found.map(({ place, fetched, name }) => ({
      ...{ place, fetched, from: name?.user ?? "" },
      sender: name === null ? null : sender.get(name)!,
    }));
  }

  async #look(
    mail: NewMail,
    state: AccountState,
    earlierFingerprints: readonly Bytes[],
  ): Promise<LookedAt> {
    const { user, realm, keys } = this.#account;
    if (mail.sender === null && mail.from !== "") {
      return { ...mail, outcome: { accepted: false, reason: "unknown_sender" }, logProblem: null };
    }
    const isCounted = hasCounters(mail, state, user);
    const id = toHex(mail.place.messageId);
    const seenAs = this.#seenAs(id, mail.place.index);
    this.#seen.set(id, seenAs ?? mail.place.index);
    const looked = await intakeMail({
      header: mail.fetched.header,
      summary: mail.fetched.summary,
      me: {
        ...{ user, realm, keys: keys.kem, earlierFingerprints },
        fingerprint: fingerprintOf(keys.signer.publicKey),
      },
      sender: mail.sender?.identity ?? null,
      arrived: mail.place.arrived,
      idSeen: seenAs !== undefined && seenAs !== mail.place.index,
      countersSeen: isCounted ? state.counters.seen.get(mail.from) ?? [] : [],
    });
    const outcome = isCounted ? looked : withoutCounter(looked);
    // The mail of one id under the name of another is no less a replay than the same one twice.
    const renamed = outcome.accepted && toHex(outcome.fields.messageId) !== id;
    return {
      ...mail,
      outcome: renamed ? { accepted: false, reason: "other_id" } : outcome,
      logProblem: null,
    };
  }

  /** With what is wrong with the heads of the key log that the accepted ones name. */
  async #heldAgainstLog(looked: readonly LookedAt[]): Promise<LookedAt[]> {
    const accepted = looked.flatMap(({ outcome, place, from }) =>
      outcome.accepted ? [{ id: toHex(place.messageId), from, head: outcome.fields.log }] : []
    );
    const problems = await this.#account.log.checkMails(accepted);
    const byId = new Map(accepted.map(({ id }, i) => [id, problems[i]!]));
    return looked.map((mail) => (
      { ...mail, logProblem: byId.get(toHex(mail.place.messageId)) ?? null }
    ));
  }

  /** A mail without an entry, as a list shows it. */
  #unwritten(mail: LookedAt): KnownMail {
    const { user, state } = this.#account;
    const { sealed: _, ...place } = mail.place;
    return { ...place, entry: entryOf(mail, { me: user, state: state.current }) };
  }

  /** Writes the entries; where another device was faster, its entry counts. */
  async #write(decided: readonly LookedAt[]): Promise<KnownMail[]> {
    const { user, state } = this.#account;
    const writes = decided.map((mail) => ({
      messageId: mail.place.messageId,
      revision: mail.place.revision,
      entry: entryOf(mail, { me: user, state: state.current }),
    }));
    const written = await this.#book.write(writes);
    const known = decided.flatMap(({ place }, i) => {
      const { sealed: _, ...mail } = place;
      const { revision, entry } = writes[i]!;
      return written[i]! > 0 ? [{ ...mail, revision: revision + 1, entry }] : [];
    });
    const overtaken = decided.filter((_, i) => written[i] === 0);
    const theirs = await this.#book.find({
      messageIds: overtaken.map(({ place }) => place.messageId),
    });
    return [...known, ...overtaken.map((mail) => this.#theirsOrOwn(mail, theirs))];
  }

  /** What another device has written; where there is nothing, what was found out here. */
  #theirsOrOwn(mail: LookedAt, theirs: readonly MailboxEntry[]): KnownMail {
    const place = theirs.find(({ index, messageId }) =>
      index === mail.place.index && equalBytes(messageId, mail.place.messageId)
    );
    return (place && this.#book.open(place)) ?? this.#unwritten(mail);
  }

  #seenAs(id: string, index: number): number | undefined {
    return this.#seen.get(id) ?? this.#known(id, index);
  }

  /** A mail that has come under another number before is no mail, whatever its entry says. */
  #onlyOnce(mail: KnownMail): KnownMail {
    const id = toHex(mail.messageId);
    const seenAs = this.#seenAs(id, mail.index) ?? mail.index;
    this.#seen.set(id, seenAs);
    return seenAs === mail.index ? mail : { ...mail, entry: repeated(mail) };
  }
}

/** The entry of a mail that is in the mailbox twice. */
function repeated({ entry, arrived }: KnownMail): SealedEntry {
  const from = entry === "damaged" ? "" : entry.from;
  return { rejected: "id_seen", from, arrived, ...marksIn("inbox") };
}

/** Whom the header names as the sender; null when it cannot be read. */
function senderOf({ header }: FetchedMail): SenderName | null {
  try {
    const { from, fromFingerprint } = decodeHeader(header);
    return { user: from, fingerprint: fromFingerprint };
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
