/** Comparing fingerprints and accepting new keys, with a person at the terminal. */

import { FormatError, type MailsecError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import type { ContactInfo } from "../contact_types.ts";
import { fingerprintLines } from "./contact_text.ts";
import { fingerprintFor } from "./fingerprint_input.ts";
import type { Prompter } from "./prompter.ts";
import { confirm } from "./questions.ts";

/** The part of a mailbox that these questions need. */
export interface ContactBook {
  verifyContact(user: string, fingerprint: string): Promise<unknown>;
  acceptContact(user: string, fingerprint: string): Promise<unknown>;
}

export interface ContactDialogue {
  readonly book: ContactBook;
  readonly prompter: Prompter;
  /** Width of the terminal, in columns. */
  readonly width: number;
  /** Explains something, in one line that is made safe and wrapped. */
  tell(text: string): Promise<void>;
}

/** Columns before a fingerprint. */
const INDENT = "  ";

/**
 * Has a person compare a fingerprint, by typing what the contact says or by eye. Mistakes are asked
 * about again. False: not now.
 */
export async function compareFingerprints(
  dialogue: ContactDialogue,
  { user, fingerprint }: ContactInfo,
): Promise<boolean> {
  const { book, prompter, tell, width } = dialogue;
  await tell(`The fingerprint of ${user}, as it is here:`);
  for (const line of fingerprintLines(fingerprint, width - INDENT.length)) {
    await tell(INDENT + line);
  }
  await tell(
    `Ask ${user}, face to face or on the phone, what "mailsec contacts show" says there. ` +
      "If all eight groups are the same, nobody can read your mail on its way.",
  );
  await tell(`Type or paste what ${user} says, or y if you saw that it is the same.`);
  while (true) {
    const answer = (await prompter.ask("Fingerprint (Enter: not now): "))?.trim();
    if (answer === undefined || answer === "" || /^no?$/i.test(answer)) return false;
    try {
      const said = /^y(es)?$/i.test(answer) ? fingerprint : fingerprintFor(user, answer);
      await book.verifyContact(user, said);
      return true;
    } catch (error) {
      if (!isMistake(error)) throw error;
      await tell(error.message);
      for (const line of error.hint?.split("\n") ?? []) await tell(INDENT + line);
    }
  }
}

/** Whether an answer was wrong and can be given again. */
function isMistake(error: unknown): error is MailsecError {
  return error instanceof FormatError ||
    (error instanceof TrustError && error.code === "fingerprint_mismatch");
}

/** Shows old and new keys and asks whether to go on with the new. False: not now. */
export async function acceptNewKeys(
  { book, prompter, tell, width }: ContactDialogue,
  { user, fingerprint, pinned }: ContactInfo,
): Promise<boolean> {
  const room = width - INDENT.length;
  if (pinned !== null) {
    await tell(`You knew ${user} by`);
    for (const line of fingerprintLines(pinned, room)) await tell(INDENT + line);
  }
  await tell(`${user} now has`);
  for (const line of fingerprintLines(fingerprint, room)) await tell(INDENT + line);
  await tell(`Ask ${user}, not by mail, whether that is right.`);
  if (!(await confirm(prompter, "Accept the new keys?", false))) return false;
  await book.acceptContact(user, fingerprint);
  return true;
}
