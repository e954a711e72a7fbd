/**
 * A store of a release that had no key log: the entries that the keys in it would have had. Every
 * identity record gets one in the order of its user's, and users who are kept out or gone now get
 * that act too.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { parseIdentity } from "../../crypto/identity.ts";
import type { MailStore } from "../../mailstore/store.ts";
import type { AtRest } from "./at_rest.ts";
import { actEntry, identityEntry, type NewLogEntry } from "./new_log_entry.ts";

/** The part of the store that the log needs. */
export type EarlierKeys = Pick<
  MailStore,
  | "account"
  | "identities"
  | "identityTags"
  | "logSize"
  | "appendLog"
  | "logEntries"
  | "logRecords"
>;

/** Empty for a new store. Throws DecryptionError or FormatError on records that were changed. */
export async function entriesOfEarlierKeys(
  store: EarlierKeys,
  atRest: AtRest,
  now: number,
): Promise<NewLogEntry[]> {
  const entries: NewLogEntry[] = [];
  for (const tag of await store.identityTags()) {
    const [sealed] = await store.identities([tag]);
    const records = sealed!.map((record) => parseIdentity(atRest.open("identity", tag, record)));
    entries.push(...records.map(identityEntry));
    const { user } = records.at(-1)!;
    const act = await actOf(store, tag);
    if (act !== null) entries.push(actEntry({ type: act, user, by: "", time: now }));
  }
  return entries;
}

async function actOf(store: EarlierKeys, tag: Bytes): Promise<"removed" | "disabled" | null> {
  const account = await store.account(tag);
  if (account === null) return "removed";
  return account.status === "disabled" ? "disabled" : null;
}
