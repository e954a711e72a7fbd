/** What a client knows of the people on its server, as every face sees it. */

/**
 * How sure a user can be of somebody's keys.
 *
 * | state | meaning |
 * | --- | --- |
 * | `verified` | the fingerprints were compared, or an invite brought them; or it is oneself |
 * | `vouched` | this user, or somebody whose keys are verified, has vouched for them in the log |
 * | `unverified` | nobody has: they are the ones that were seen first |
 * | `changed` | other keys than those seen before, and nothing says why: no mail is sealed to them |
 * | `reset` | an administrator has given the name to new keys: no mail until they are accepted |
 *
 * Keys that somebody has replaced by signing the new ones with the old are followed without a word.
 */
export type ContactState = "verified" | "vouched" | "unverified" | "changed" | "reset";

/** Somebody on this server. */
export interface ContactInfo {
  /** Lower case. */
  readonly user: string;
  /** `disabled`: gets no mail at present; an account that was reset too, until it is joined. */
  readonly status: "active" | "disabled" | "removed";
  readonly state: ContactState;
  /** Of the keys in the directory now, as people compare it. */
  readonly fingerprint: string;
  /** Of the keys that this user knows and trusts so far; null: none yet. */
  readonly pinned: string | null;
  /** Who has vouched for these keys and counts: this user, or people whose keys are verified. */
  readonly vouchedBy: readonly string[];
  /** Number of these keys among the user's, from 1. */
  readonly epoch: number;
  /** When these keys came into the log, ISO 8601 in UTC. */
  readonly since: string | null;
  readonly role: "member" | "admin";
  readonly isMe: boolean;
}

/** A recipient who can get mail. */
export interface CheckedRecipient {
  /** Lower case. */
  readonly user: string;
  /** Never `changed` or `reset`: those are errors. */
  readonly state: ContactState;
}
