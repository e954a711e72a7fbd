/** The names of recipients: as typed to as used, and what can be wrong with them. */

import { FormatError } from "../crypto/errors.ts";
import { normalizeFingerprint } from "../crypto/fingerprint.ts";
import { normalizeUserName, USER_NAME_RULE } from "../crypto/names.ts";
import type { AcceptedKeys, ChangedKeys } from "./contact_pins.ts";
import { KeyChangedError, RecipientsError } from "./errors.ts";

/**
 * For names that the directory does not know, or whose accounts get no mail.
 *
 * @param gone Who has got the mail already, each for oneself.
 */
export function unknownRecipients(
  names: readonly string[],
  gone: readonly string[] = [],
): RecipientsError {
  const who = `Unknown or disabled recipient${names.length === 1 ? "" : "s"}: ${names.join(", ")}.`;
  return new RecipientsError("unknown_recipients", who, names, {
    hint: gone.length === 0
      ? "Check the spelling; nothing was sent to anybody."
      : `It has gone to ${gone.join(", ")} (Bcc) alone: leave them out when you send it again.`,
  });
}

/**
 * Names as typed in their normal form, each once, in the order of their first mention.
 *
 * @throws {RecipientsError} `bad_recipient_names`, `no_recipients`
 */
export function normalNames(names: readonly string[]): string[] {
  const users = new Set<string>();
  const bad: string[] = [];
  for (const name of names.map((name) => name.trim()).filter((name) => name !== "")) {
    try {
      users.add(normalizeUserName(name));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      bad.push(name);
    }
  }
  if (bad.length > 0) {
    const who = `No user can be called ${bad.map((name) => `"${name}"`).join(", ")}.`;
    throw new RecipientsError("bad_recipient_names", who, bad, { hint: USER_NAME_RULE });
  }
  if (users.size === 0) {
    throw new RecipientsError("no_recipients", "The mail has no recipients.", [], {
      hint: "Name at least one user.",
    });
  }
  return [...users];
}

/**
 * Names and fingerprints as typed, in their normal forms.
 *
 * @throws {FormatError} when one of them cannot be such.
 */
export function acceptedKeys(typed: ReadonlyMap<string, string>): AcceptedKeys {
  return new Map(
    [...typed].map(([user, shown]) => [normalizeUserName(user), normalizeFingerprint(shown)]),
  );
}

/** For users whose keys are not the pinned ones, or not the accepted ones. */
export function keyChanged(changes: readonly ChangedKeys[]): KeyChangedError {
  const who = changes.map(({ user, before, now }) => `${user} (was ${before}, now ${now})`);
  const wereReset = changes.every(({ state }) => state === "reset");
  const why = wereReset
    ? "have changed because an administrator reset the account"
    : "have changed";
  return new KeyChangedError(
    changes,
    `The keys of ${who.join(", ")} ${why}. Nothing was sent.`,
    {
      hint:
        "Somebody may want to read mail meant for them. Ask them, not by mail, whether the new " +
        "fingerprint is theirs, and accept the new keys only then.",
    },
  );
}
