/**
 * Intake: the first look at mails, before anything of them is shown (crypto/envelope_intake.ts has
 * the rules). Works through mails in batches: decapsulations run at the same time, their results
 * are released on one tick, and what was found is written back as sealed entries, so that every
 * device of the user does this once for a mail.
 *
 * Entries are written before the counters they use up: cut off in between, a mail that was taken
 * in must not look like a replay of itself.
 */

import type { AccountState } from "../crypto/account_state.ts";
import { toHex } from "../crypto/bytes.ts";
import { type CounterRanges, counterSeen, withCounter } from "../crypto/counters.ts";
import { acceptedEntry, type SealedEntry } from "../crypto/entry_fields.ts";
import { decodeHeader } from "../crypto/envelope_header.ts";
import { type AcceptedMail, intakeMail, type RejectedMail } from "../crypto/envelope_intake.ts";
import { FormatError } from "../crypto/errors.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import type { IdentityRecord } from "../crypto/identity.ts";
import { releaseOnTick } from "../crypto/tick.ts";
import { fetchMails, type FetchReply } from "../protocol/messages/fetch.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import type { OpenAccount } from "./account.ts";
import { systemClock } from "./clock.ts";
import { changedKeys, type Contacts, withPins } from "./contacts.ts";
import type { EntryBook, KnownMail } from "./entry_book.ts";
import { SENDER_KEY_CHANGED } from "./mail_warnings.ts";

/** Mails looked at together. */
const BATCH_MAILS = 32;

type FetchedMail = FetchReply["mails"][number];

/** A mail that has no entry yet, with what is needed to look at it. */
interface NewMail {
  readonly place: MailboxEntry;
  readonly fetched: FetchedMail;
  /** Whom the header names as the sender; empty when it cannot be read. */
  readonly from: string;
  /** The sender's keys; null when there are none. */
  readonly sender: IdentityRecord | null;
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
    known.push(...await this.#write(decided));
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
      missing = missing.filter((messageId) => !fetched.has(toHex(messageId)));
    }
    const senders = new Set([...fetched.values()].map(senderOf).filter((from) => from !== ""));
    const contacts = await this.#contacts.find([...senders]);
    const keys = new Map(contacts.map(({ user, identity }) => [user, identity]));
    return places.flatMap((place) => {
      const mail = fetched.get(toHex(place.messageId));
      if (mail === undefined) return [];
      const from = senderOf(mail);
      return [{ place, fetched: mail, from, sender: keys.get(from) ?? null }];
    });
  }

  async #look(mail: NewMail, state: AccountState): Promise<LookedAt> {
    const { user, realm, keys } = this.#account;
    const id = toHex(mail.place.messageId);
    const seenAs = this.#seen.get(id);
    this.#seen.set(id, mail.place.index);
    const outcome = await intakeMail({
      header: mail.fetched.header,
      summary: mail.fetched.summary,
      me: { user, realm, keys: keys.kem, fingerprint: fingerprintOf(keys.signer.publicKey) },
      sender: mail.sender,
      arrived: mail.place.arrived,
      idSeen: seenAs !== undefined && seenAs !== mail.place.index,
      countersSeen: state.counters.seen.get(mail.from) ?? [],
    });
    // The mail of one id under the name of another is no less a replay than the same one twice.
    const renamed = outcome.accepted && toHex(outcome.fields.messageId) !== id;
    return { ...mail, outcome: renamed ? { accepted: false, reason: "other_id" } : outcome };
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

function senderOf({ header }: FetchedMail): string {
  try {
    return decodeHeader(header).from;
  } catch (error) {
    if (error instanceof FormatError) return "";
    throw error;
  }
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
    const filled = counter === 1 || counterSeen(rangesOf(mail.from), counter - 1);
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
  const senders = accepted.flatMap(({ sender }) => sender === null ? [] : [sender]);
  const pinned = withPins(state, senders.filter(({ user }) => user !== me));
  const seen = new Map(pinned.counters.seen);
  let changed = false;
  for (const mail of accepted) {
    const counter = counterOf(mail);
    const ranges = seen.get(mail.from) ?? [];
    if (counter === null || counterSeen(ranges, counter)) continue;
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
  const keysChanged = sender !== null && sender.user !== me && changedKeys(state, sender) !== null;
  const warnings = [...outcome.warnings, ...(keysChanged ? [SENDER_KEY_CHANGED] : [])];
  const toMe = [...outcome.fields.to, ...outcome.fields.cc].some(({ user }) => user === me);
  const entry = acceptedEntry(outcome, marksOf(outcome.fields.from === me && !toMe));
  return { ...entry, warnings };
}

/** Where a new mail is put: the sender's own copy counts as read. */
export function marksOf(isOwnCopy: boolean): { flags: string[]; folder: string } {
  return isOwnCopy ? { flags: ["read"], folder: "sent" } : { flags: [], folder: "inbox" };
}
