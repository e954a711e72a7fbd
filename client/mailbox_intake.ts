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
import { equalBytes, toHex } from "../crypto/bytes.ts";
import { type CounterRanges, counterSeen, withCounter } from "../crypto/counters.ts";
import { acceptedEntry, type SealedEntry } from "../crypto/entry_fields.ts";
import { decodeHeader } from "../crypto/envelope_header.ts";
import { type AcceptedMail, intakeMail, type RejectedMail } from "../crypto/envelope_intake.ts";
import { FormatError } from "../crypto/errors.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import { releaseOnTick } from "../crypto/tick.ts";
import { fetchMails, type FetchReply } from "../protocol/messages/fetch.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import { ProtocolError } from "../protocol/session_errors.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import { changedKeys, type Contacts, type Sender, type SenderName, withPins } from "./contacts.ts";
import type { EntryBook, KnownMail } from "./entry_book.ts";
import { SENDER_KEY_CHANGED, SENDER_KEY_FORMER } from "./mail_warnings.ts";

/** Mails looked at together. */
const BATCH_MAILS = 32;

type FetchedMail = FetchReply["mails"][number];

/** A mail that has no entry yet, with what is needed to look at it. */
interface NewMail {
  readonly place: MailboxEntry;
  readonly fetched: FetchedMail;
  /** Whom the header names as the sender; empty when it cannot be read. */
  readonly from: string;
  /** The keys that the header names; null when the directory does not have them. */
  readonly sender: Sender | null;
}

interface LookedAt extends NewMail {
  readonly outcome: AcceptedMail | RejectedMail;
}

export class Intake {
  readonly #account: OpenAccount;
  readonly #contacts: Contacts;
  readonly #book: EntryBook;
  /** Index under which each mail was taken in here, by message id. */
  readonly #seen = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(account: OpenAccount, contacts: Contacts, book: EntryBook) {
    this.#account = account;
    this.#contacts = contacts;
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
    return known.sort((a, b) => b.index - a.index);
  }

  async #takeBatch(places: readonly MailboxEntry[]): Promise<KnownMail[]> {
    // Another call, or another device, may have been here in the meantime.
    const current = await this.#book.find({ indices: places.map(({ index }) => index) });
    const known = current.flatMap((place) => this.#book.open(place) ?? []);
    const fresh = current.filter(({ sealed }) => sealed === null);
    if (fresh.length === 0) return known;
    const mails = await this.#fetch(fresh);
    const { state } = this.#account;
    const looked = await releaseOnTick(
      systemClock,
      () => Promise.all(mails.map((mail) => this.#look(mail, state.current))),
    );
    const decided = withoutDoubles(looked, state.current);
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
    const senders = await this.#contacts.findSenders(named);
    const sender = new Map(named.map((name, i) => [name, senders[i]!]));
    return found.map(({ place, fetched, name }) => ({
      ...{ place, fetched, from: name?.user ?? "" },
      sender: name === null ? null : sender.get(name)!,
    }));
  }

  async #look(mail: NewMail, state: AccountState): Promise<LookedAt> {
    const { user, realm, keys } = this.#account;
    if (mail.sender === null && mail.from !== "") {
      return { ...mail, outcome: { accepted: false, reason: "unknown_sender" } };
    }
    const isCounted = hasCounters(mail, state, user);
    const id = toHex(mail.place.messageId);
    const seenAs = this.#seen.get(id);
    this.#seen.set(id, mail.place.index);
    const looked = await intakeMail({
      header: mail.fetched.header,
      summary: mail.fetched.summary,
      me: { user, realm, keys: keys.kem, fingerprint: fingerprintOf(keys.signer.publicKey) },
      sender: mail.sender?.identity ?? null,
      arrived: mail.place.arrived,
      idSeen: seenAs !== undefined && seenAs !== mail.place.index,
      countersSeen: isCounted ? state.counters.seen.get(mail.from) ?? [] : [],
    });
    const outcome = isCounted ? looked : withoutCounter(looked);
    // The mail of one id under the name of another is no less a replay than the same one twice.
    const renamed = outcome.accepted && toHex(outcome.fields.messageId) !== id;
    return { ...mail, outcome: renamed ? { accepted: false, reason: "other_id" } : outcome };
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
      return written[i] ? [{ ...mail, revision: revision + 1, entry }] : [];
    });
    const overtaken = decided.filter((_, i) => !written[i]).map(({ place }) => place.messageId);
    const theirs = await this.#book.find({ messageIds: overtaken });
    return [...known, ...theirs.flatMap((place) => this.#book.open(place) ?? [])];
  }
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

/** Whether the directory may yet come to know the sender. */
function isToBeLookedAtAgain({ outcome }: LookedAt): boolean {
  return !outcome.accepted && outcome.reason === "unknown_sender";
}

/**
 * Whether a mail's counter is one of those kept for its sender: they are of the pinned key, or of
 * the one that this mail gets pinned.
 */
function hasCounters({ sender, from }: NewMail, { pins }: AccountState, me: string): boolean {
  if (sender === null) return false;
  if (from === me) return true;
  const pin = pins.get(from);
  if (pin === undefined) return sender.isCurrent;
  return equalBytes(pin.fingerprint, sender.identity.fingerprint);
}

/** The outcome for a mail whose counter says nothing: those of another key must not judge it. */
function withoutCounter(outcome: AcceptedMail | RejectedMail): AcceptedMail | RejectedMail {
  if (!outcome.accepted) return outcome;
  const warnings = outcome.warnings.filter((code) => code !== "counter_gap");
  return { ...outcome, counter: null, warnings };
}

/** Whether other keys were accepted and no mail was counted since: then any counter may be next. */
function beginsAnywhere({ pins, counters }: AccountState, from: string): boolean {
  return pins.get(from)?.trust === "compared" && !counters.seen.has(from);
}

/**
 * What looking at each mail alone could not see: a counter that comes twice within the batch is
 * rejected the second time, and a gap that another mail of the batch fills is none.
 */
function withoutDoubles(looked: readonly LookedAt[], state: AccountState): LookedAt[] {
  const seen = new Map<string, CounterRanges>();
  const rangesOf = (from: string) => seen.get(from) ?? state.counters.seen.get(from) ?? [];
  const unique = looked.map((mail): LookedAt => {
    const counter = counterOf(mail);
    if (counter === null) return mail;
    if (counterSeen(rangesOf(mail.from), counter)) {
      return { ...mail, outcome: { accepted: false, reason: "counter_seen" } };
    }
    seen.set(mail.from, withCounter(rangesOf(mail.from), counter));
    return mail;
  });
  return unique.map((mail): LookedAt => {
    const counter = counterOf(mail);
    if (!mail.outcome.accepted || counter === null) return mail;
    const filled = counter === 1 || counterSeen(rangesOf(mail.from), counter - 1) ||
      beginsAnywhere(state, mail.from);
    const warnings = mail.outcome.warnings.filter((code) => code !== "counter_gap" || !filled);
    return { ...mail, outcome: { ...mail.outcome, warnings } };
  });
}

/** The sender's counter for this user; null for a rejected mail or an own copy. */
function counterOf({ outcome }: LookedAt): number | null {
  return outcome.accepted ? outcome.counter : null;
}

/** The state after a batch: counters used up, and the keys of new senders pinned. */
function remembered(state: AccountState, decided: readonly LookedAt[], me: string): AccountState {
  const accepted = decided.filter(({ outcome }) => outcome.accepted);
  const senders = accepted.flatMap(({ sender }) => sender?.isCurrent ? [sender.identity] : []);
  const pinned = withPins(state, senders.filter(({ user }) => user !== me));
  const seen = new Map(pinned.counters.seen);
  let changed = false;
  for (const mail of accepted) {
    const counter = counterOf(mail);
    const ranges = seen.get(mail.from) ?? [];
    // Another device may have accepted other keys meanwhile.
    if (counter === null || !hasCounters(mail, pinned, me)) continue;
    if (counterSeen(ranges, counter)) continue;
    seen.set(mail.from, withCounter(ranges, counter));
    changed = true;
  }
  return changed ? { ...pinned, counters: { ...pinned.counters, seen } } : pinned;
}

function entryOf(
  { outcome, place, from, sender }: LookedAt,
  { me, state }: { me: string; state: AccountState },
): SealedEntry {
  if (!outcome.accepted) {
    const { arrived } = place;
    return { rejected: outcome.reason, from, arrived, flags: [], folder: "inbox" };
  }
  const warnings = [...outcome.warnings, ...(from === me ? [] : keyWarnings(sender, state))];
  const toMe = [...outcome.fields.to, ...outcome.fields.cc].some(({ user }) => user === me);
  const entry = acceptedEntry(outcome, marksOf(outcome.fields.from === me && !toMe));
  return { ...entry, warnings };
}

function keyWarnings(sender: Sender | null, state: AccountState): string[] {
  if (sender === null) return [];
  const { identity, isCurrent } = sender;
  if (changedKeys(state, identity) !== null) return [SENDER_KEY_CHANGED];
  return isCurrent || state.pins.has(identity.user) ? [] : [SENDER_KEY_FORMER];
}

/** Where a new mail is put: the sender's own copy counts as read. */
export function marksOf(isOwnCopy: boolean): { flags: string[]; folder: string } {
  return isOwnCopy ? { flags: ["read"], folder: "sent" } : { flags: [], folder: "inbox" };
}
