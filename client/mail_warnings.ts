/** The codes in sealed entries as sentences for people. */

import type { AccountState } from "../crypto/account_state.ts";
import { equalBytes } from "../crypto/bytes.ts";
import { areWithoutGap } from "../crypto/counters.ts";
import type { AcceptedEntry } from "../crypto/entry_fields.ts";
import type { MailFields } from "../crypto/envelope_fields.ts";
import { INTAKE_WARNINGS, REJECT_REASONS } from "../crypto/envelope_reject.ts";
import { isCurrentOwner, isOwners, type Sender } from "./senders.ts";

/** How far a sender's clock and the server's may be apart. */
const CLOCK_TOLERANCE_MS = 15 * 60_000;

/** Warnings that this client adds to those of the intake. */
const CLIENT_WARNINGS = {
  sender_key_changed:
    "THE SENDER'S KEYS HAVE CHANGED since you first saw them: this mail may be forged. " +
    "Ask the sender, not by mail.",
  sender_key_reset:
    "THE SENDER'S ACCOUNT WAS RESET by an administrator: this mail is signed with other keys than " +
    "those you know. Ask the sender, not by mail.",
  sender_key_former:
    "The sender's keys are no longer in use and you never saw them before: the account was removed " +
    "or has other keys now. This mail may be forged.",
  sender_key_replaced:
    "This mail is signed with keys that the sender had replaced by then: somebody may have stolen " +
    "them. Ask the sender, not by mail.",
  log_fork:
    "The server shows the sender another list of everybody's keys than you: one of you may be given " +
    "wrong keys. See: mailsec log evidence.",
  log_withheld:
    "The sender knows more of the list of everybody's keys than the server shows you: it may keep " +
    "changes of keys from you. See: mailsec log evidence.",
} as const;

type ClientWarning = keyof typeof CLIENT_WARNINGS;

const WARNINGS: Readonly<Record<string, string>> = { ...INTAKE_WARNINGS, ...CLIENT_WARNINGS };

/** What a reader must know of the keys that a mail was signed with. */
export function keyWarnings(
  sender: Sender | null,
  { state, fields: { log, date } }: {
    state: AccountState;
    fields: Pick<MailFields, "log" | "date">;
  },
): ClientWarning[] {
  if (sender === null) return [];
  const { identity, succession, replaced } = sender;
  const pin = state.pins.get(identity.user);
  if (pin === undefined && !isCurrentOwner(sender)) return ["sender_key_former"];
  if (pin !== undefined && !isOwners(sender, pin)) {
    return [succession === "reset" ? "sender_key_reset" : "sender_key_changed"];
  }
  // Whoever has stolen replaced keys can name a log of before; but a date of before, which must go
  // with it, then differs from the arrival, and that is another warning.
  const isOfThen = replaced === null ||
    (log.size <= replaced.seq && date <= replaced.time + CLOCK_TOLERANCE_MS);
  return isOfThen ? [] : ["sender_key_replaced"];
}

const REASONS: Readonly<Record<string, string>> = {
  ...REJECT_REASONS,
  damaged: "The server's note about this mail was changed or is of a newer release.",
};

/**
 * The sentences for what a reader must know of a mail; codes of a newer release are shown as they
 * are. That an earlier mail has not arrived is told as long as one is missing: it may only have
 * been slower.
 */
export function warningTexts(
  { from, fromFingerprint, warnings }: Pick<
    AcceptedEntry,
    "from" | "fromFingerprint" | "warnings"
  >,
  { pins, counters }: AccountState,
): string[] {
  const pin = pins.get(from);
  // Counters belong to the pinned key: of another one they tell nothing.
  const isCounted = pin !== undefined && equalBytes(pin.fingerprint, fromFingerprint);
  const isComplete = isCounted && areWithoutGap(counters.seen.get(from) ?? []);
  return warnings.filter((code) => code !== "counter_gap" || !isComplete)
    .map((code) => WARNINGS[code] ?? `Warning: ${code}.`);
}

/** The sentence for why a mail was rejected. */
export function rejectionText(code: string): string {
  return REASONS[code] ?? `The mail was rejected: ${code}.`;
}
