/**
 * What follows from the first look at mails, as functions of what was found and of the account
 * state: which counters judge a mail, what its entry says, and what the state remembers.
 */

import type { AccountState } from "../crypto/account_state.ts";
import { type CounterRanges, counterSeen, withCounter } from "../crypto/counters.ts";
import {
  acceptedEntry,
  type EntryMarks,
  marksIn,
  type SealedEntry,
} from "../crypto/entry_fields.ts";
import type { AcceptedMail, RejectedMail } from "../crypto/envelope_intake.ts";
import type { FetchReply } from "../protocol/messages/fetch.ts";
import type { MailboxEntry } from "../protocol/messages/list.ts";
import { beginsAnywhere, withFirstPins, withFollowed } from "./contact_pins.ts";
import type { MailHeadProblem } from "./key_log/key_log.ts";
import { keyWarnings } from "./mail_warnings.ts";
import { isCurrentOwner, isOwners, type Sender } from "./senders.ts";

export type FetchedMail = FetchReply["mails"][number];

/** A mail that has no entry yet, with what is needed to look at it. */
export interface NewMail {
  readonly place: MailboxEntry;
  readonly fetched: FetchedMail;
  /** Whom the header names as the sender; empty when it cannot be read. */
  readonly from: string;
  /** The keys that the header names; null when the directory does not have them. */
  readonly sender: Sender | null;
}

/** A mail that was looked at. */
export interface LookedAt extends NewMail {
  readonly outcome: AcceptedMail | RejectedMail;
  /** What is wrong with the head of the key log that the mail names. */
  readonly logProblem: MailHeadProblem | null;
}

/** Whether the directory may yet come to know the sender. */
export function isToBeLookedAtAgain({ outcome }: LookedAt): boolean {
  return !outcome.accepted && outcome.reason === "unknown_sender";
}

/**
 * Whether a mail's counter is one of those kept for its sender: they are of the owner of the pinned
 * keys, or of those that this mail gets pinned.
 */
export function hasCounters(
  { sender, from }: NewMail,
  { pins }: AccountState,
  me: string,
): boolean {
  if (sender === null) return false;
  if (from === me) return true;
  const pin = pins.get(from);
  return pin === undefined ? isCurrentOwner(sender) : isOwners(sender, pin);
}

/** The outcome for a mail whose counter says nothing: those of another key must not judge it. */
export function withoutCounter(outcome: AcceptedMail | RejectedMail): AcceptedMail | RejectedMail {
  if (!outcome.accepted) return outcome;
  const warnings = outcome.warnings.filter((code) => code !== "counter_gap");
  return { ...outcome, counter: null, warnings };
}

/**
 * What looking at each mail alone could not see: a counter that comes twice within the batch is
 * rejected the second time, and a gap that another mail of the batch fills is none.
 */
export function withoutDoubles(looked: readonly LookedAt[], state: AccountState): LookedAt[] {
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

/** The state with new senders pinned, and pins moved on to the keys that senders have now. */
function withSenders(state: AccountState, mails: readonly NewMail[]): AccountState {
  const current = mails.flatMap(({ sender }) =>
    sender !== null && isCurrentOwner(sender) ? [{ sender, to: sender.current! }] : []
  );
  const pinned = withFirstPins(state, current.map(({ to }) => to));
  const followed = current.flatMap(({ sender, to }) => {
    const pin = pinned.pins.get(to.user);
    return pin !== undefined && isOwners(sender, pin) && pin.epoch < to.epoch ? [{ pin, to }] : [];
  });
  return withFollowed(pinned, followed);
}

/** The state after a batch: counters used up, and the keys of senders pinned. */
export function remembered(
  state: AccountState,
  decided: readonly LookedAt[],
  me: string,
): AccountState {
  const accepted = decided.filter(({ outcome }) => outcome.accepted);
  const pinned = withSenders(state, accepted.filter(({ from }) => from !== me));
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

export function entryOf(
  { outcome, place, from, sender, logProblem }: LookedAt,
  { me, state }: { me: string; state: AccountState },
): SealedEntry {
  if (!outcome.accepted) {
    const { arrived } = place;
    return { rejected: outcome.reason, from, arrived, ...marksIn("inbox") };
  }
  const { fields } = outcome;
  const warnings = [
    ...outcome.warnings,
    ...(from === me ? [] : keyWarnings(sender, { state, fields })),
    ...(logProblem === null ? [] : [logProblem]),
  ];
  const toMe = [...fields.to, ...fields.cc].some(({ user }) => user === me);
  const entry = acceptedEntry(outcome, marksOf(fields.from === me && !toMe));
  return { ...entry, warnings };
}

/** Where a new mail is put: the sender's own copy counts as read. */
export function marksOf(isOwnCopy: boolean): EntryMarks {
  return isOwnCopy ? marksIn("sent", ["read"]) : marksIn("inbox");
}
