/** How sure one is of somebody's keys, in words. */

import type { ContactInfo, ContactState } from "../contact_types.ts";

/** What stands in a list beside a name; nothing for keys that are known to be right. */
export function stateMark(state: ContactState | null): string {
  if (state === "unverified" || state === "reset") return state;
  return state === "changed" ? "CHANGED" : "";
}

/** Whether no mail is sent to somebody until the keys were looked at. */
export function blocksSending(state: ContactState): boolean {
  return state === "changed" || state === "reset";
}

/** What each state means, in a sentence that stands below lists. */
export const STATE_MEANINGS: Readonly<Record<ContactState, string>> = {
  verified: "you have compared the fingerprints, or were invited by them: these keys are theirs.",
  vouched: "somebody you can rely on has invited them, so these keys are theirs.",
  unverified: "nobody has compared the fingerprints yet; the keys are those seen first.",
  changed: "the keys are not those you knew, and nothing says why. Mail to them is stopped.",
  reset: "an administrator has given the name new keys. Mail is stopped until you accept them.",
};

/** What is to be said of one contact's keys, and what to do about it: a sentence each. */
export function stateSentences(info: ContactInfo): string[] {
  const { user, state, vouchedBy } = info;
  if (info.isMe) return ["These are your own keys. Give this fingerprint to others."];
  if (state === "verified") {
    return [
      "Their fingerprint was compared, or came with your invite: nobody else can read what you send.",
    ];
  }
  if (state === "vouched") {
    return [`${listed(vouchedBy)} vouched for these keys when ${user} joined.`];
  }
  if (state === "unverified") {
    return [
      "Nobody has compared the fingerprint yet: the keys are those that the server gave first.",
      `Ask ${user}, not by mail, to read theirs to you; then you know that nobody listens in.`,
    ];
  }
  if (state === "reset") {
    return [
      `An administrator has given the name "${user}" new keys. Mail to ${user} is stopped.`,
      `Ask ${user}, not by mail, whether that is right, and accept the new keys only then.`,
    ];
  }
  return [
    "THESE ARE NOT THE KEYS THAT YOU KNEW, and nothing says why. " +
    `Somebody may be pretending to be ${user}. Mail to ${user} is stopped.`,
    `Ask ${user}, not by mail, whether they have new keys, and accept them only then.`,
  ];
}

/** A sentence about the keys that a mail's sender has now; nothing when they are right. */
export function senderSentence(user: string, state: ContactState | null): string | null {
  if (state === "unverified") {
    return `unverified: nobody has compared fingerprints with ${user} yet.`;
  }
  if (state === "changed") {
    return `CHANGED: ${user} has other keys now than those you knew, and nothing says why.`;
  }
  if (state === "reset") return `reset: an administrator has given "${user}" new keys since.`;
  return null;
}

/** `Bob`, `bob and carol`, `bob, carol and dora`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "nobody";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
