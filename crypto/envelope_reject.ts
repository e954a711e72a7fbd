/**
 * Why a mail is not taken in, and what is doubtful about one that is.
 *
 * Bytes: docs/protocol.md, 11.
 */

import { MailsecError } from "./errors.ts";

/** The reasons, in the order in which they are looked for, each with its sentence. */
export const REJECT_REASONS = {
  malformed: "The mail does not have the form that it must have.",
  not_sealed_to_me: "The mail is not sealed to you, or to a key that you do not have.",
  undecryptable: "The mail cannot be decrypted: it was changed on the way or is not for you.",
  unknown_sender: "The server knows no keys of the sender.",
  bad_signature: "The sender's signature is not valid.",
  other_id: "The signature is of a mail with another id.",
  other_sender: "The signature is of a mail from somebody else.",
  other_fingerprint: "The mail names another key of the sender than the one that signed it.",
  other_recipients: "The mail is sealed to other recipients than the sender signed.",
  not_addressed_to_me: "The sender did not write this mail to you.",
  other_realm: "The mail was written on another server.",
  id_seen: "A mail with this id was here before.",
  counter_seen: "The sender wrote this mail earlier; it was delivered again.",
} as const;

export type RejectReason = keyof typeof REJECT_REASONS;

/** What a reader should know about a mail that was taken in, each with its sentence. */
export const INTAKE_WARNINGS = {
  date_differs: "The date of the mail differs from its arrival by more than 15 minutes.",
  counter_gap: "An earlier mail from this sender has not arrived.",
} as const;

export type IntakeWarning = keyof typeof INTAKE_WARNINGS;

/** A mail that is not taken in. */
export class MailRejection extends MailsecError {
  override name = "MailRejection";
  readonly reason: RejectReason;

  constructor(reason: RejectReason, cause?: unknown) {
    super("mail_rejected", REJECT_REASONS[reason], { cause });
    this.reason = reason;
  }
}
