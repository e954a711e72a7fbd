/** The codes in sealed entries as sentences for people. */

import { INTAKE_WARNINGS, REJECT_REASONS } from "../crypto/envelope_reject.ts";

/** A warning that this client adds to those of the intake: the sender's keys are not the pinned. */
export const SENDER_KEY_CHANGED = "sender_key_changed";

/** Another one: keys of a removed account, or replaced ones, that were never seen before. */
export const SENDER_KEY_FORMER = "sender_key_former";

const WARNINGS: Readonly<Record<string, string>> = {
  ...INTAKE_WARNINGS,
  [SENDER_KEY_CHANGED]:
    "THE SENDER'S KEYS HAVE CHANGED since you first saw them: this mail may be forged. " +
    "Ask the sender, not by mail.",
  [SENDER_KEY_FORMER]:
    "The sender's keys are no longer in use and you never saw them before: the account was removed " +
    "or has other keys now. This mail may be forged.",
};

const REASONS: Readonly<Record<string, string>> = {
  ...REJECT_REASONS,
  damaged: "The server's note about this mail was changed or is of a newer release.",
};

/** A warning's sentence; codes of a newer release are shown as they are. */
export function warningText(code: string): string {
  return WARNINGS[code] ?? `Warning: ${code}.`;
}

/** The sentence for why a mail was rejected. */
export function rejectionText(code: string): string {
  return REASONS[code] ?? `The mail was rejected: ${code}.`;
}
