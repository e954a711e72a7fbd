/** Whether all keys that the log has in a user's name are that user's. */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import type { IdentityRecord } from "../../crypto/identity.ts";
import { areSuccessors, ownersChain, parsed } from "../key_chain.ts";
import type { IdentityEntry } from "./log_index.ts";

/** The keys that a user has. */
export interface OwnKeys {
  readonly user: string;
  /** Of the signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  /** 1582 bytes. */
  readonly kemPublicKey: Bytes;
}

export type OwnVerdict =
  /** They are, and the newest entry is of these keys. */
  | { readonly verdict: "mine"; readonly hash: Bytes; readonly seq: number }
  /** They are, and there are newer ones, signed with these: another device has made them. */
  | { readonly verdict: "superseded" }
  /** Somebody else has made these. */
  | { readonly verdict: "foreign"; readonly entries: readonly IdentityEntry[] }
  /** These keys are not in the log. */
  | { readonly verdict: "unlogged" }
  /** The server does not give the record of these keys, so nothing can be said. */
  | { readonly verdict: "denied" };

/**
 * Holds the entries in a user's name against the keys that the user has: from the record with which
 * they began (first or reset) on, the log must have the user's own rotations, one after another, and
 * nothing else. What was in that name before is not this user's.
 *
 * @param records The name's identity records as the server gives them.
 * @param entries Those of the name, the oldest first.
 */
export async function judgeOwnEntries(
  own: OwnKeys,
  { records: given, entries }: {
    records: readonly Bytes[];
    entries: readonly IdentityEntry[];
  },
): Promise<OwnVerdict> {
  const records = given.flatMap((bytes) => parsed(bytes) ?? []);
  const at = records.findLastIndex((record) => isOf(record, own));
  if (at < 0) return { verdict: "denied" };
  const chain = await ownersChain(records, at);
  const start = chain === null ? -1 : entries.findIndex((entry) => isEntryOf(entry, chain[0]!));
  if (chain === null || start < 0) return { verdict: "unlogged" };
  const since = entries.slice(start);
  const wrong = chain.findIndex((record, i) => !isEntryOf(since[i], record));
  if (wrong >= 0) {
    return wrong >= since.length
      ? { verdict: "unlogged" }
      : { verdict: "foreign", entries: since.slice(wrong) };
  }
  const newer = since.slice(chain.length);
  if (newer.length === 0) {
    return { verdict: "mine", hash: chain.at(-1)!.hash, seq: since.at(-1)!.seq };
  }
  const next = records.slice(at + 1, at + 1 + newer.length);
  const isSigned = next.length === newer.length &&
    next.every((record, i) => isEntryOf(newer[i], record)) &&
    await areSuccessors([records[at]!, ...next]);
  return isSigned ? { verdict: "superseded" } : { verdict: "foreign", entries: newer };
}

function isOf(record: IdentityRecord, { user, fingerprint, kemPublicKey }: OwnKeys): boolean {
  return record.user === user && equalBytes(record.fingerprint, fingerprint) &&
    equalBytes(record.kemPublicKey, kemPublicKey);
}

function isEntryOf(entry: IdentityEntry | undefined, { hash, type }: IdentityRecord): boolean {
  return entry !== undefined && entry.type === type && equalBytes(entry.recordHash, hash);
}
