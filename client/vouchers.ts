/**
 * Whose word for somebody's keys counts: this user's own, and that of people whose keys are
 * verified. It is one step and no more: a vouch by somebody who was only vouched for counts for
 * nothing.
 */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import type { IdentityRecord } from "../crypto/identity.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { parseVouch, verifyVouch, type Vouch } from "../crypto/vouch.ts";
import type { DirectoryEntry } from "./directory.ts";
import { ownersChain } from "./key_chain.ts";
import type { LogIndex } from "./key_log/log_index.ts";

/** The records of somebody whose word counts, from the first of that owner on; null: it does not. */
export type TrustedChainOf = (voucher: string) => Promise<readonly IdentityRecord[] | null>;

/**
 * The names of those who have vouched for the present owner of a name and whose word counts. A
 * vouch is for one record; it holds for those with which the same owner has replaced it.
 */
export async function vouchersOf(
  { user, records, vouches }: DirectoryEntry,
  { index, trustedChainOf }: { index: LogIndex; trustedChainOf: TrustedChainOf },
): Promise<string[]> {
  const logged = vouches.flatMap((bytes) => parsedVouch(bytes) ?? []).filter((vouch) =>
    vouch.user === user && vouch.voucher !== user &&
    index.entryOf(user, vouch.hash)?.type === "vouch"
  );
  if (logged.length === 0) return [];
  const chain = await ownersChain(records);
  const names = new Set<string>();
  for (const vouch of logged) {
    const isMeant = chain?.some(({ hash }) => equalBytes(hash, vouch.identityHash)) ?? false;
    if (!isMeant || names.has(vouch.voucher)) continue;
    const voucher = await trustedChainOf(vouch.voucher);
    if (voucher !== null && await isGivenBy(vouch, voucher, index)) names.add(vouch.voucher);
  }
  return [...names].sort();
}

/** Whether a vouch is signed with keys that the voucher had when it came into the log. */
async function isGivenBy(
  vouch: Vouch,
  chain: readonly IdentityRecord[],
  index: LogIndex,
): Promise<boolean> {
  const at = chain.findIndex(({ fingerprint }) =>
    equalBytes(fingerprint, vouch.voucherFingerprint)
  );
  if (at < 0) return false;
  const replacement = chain[at + 1];
  const replaced = replacement && index.entryOf(vouch.voucher, replacement.hash)?.seq;
  const given = index.entryOf(vouch.user, vouch.hash)!.seq;
  if (replaced !== undefined && given > replaced) return false;
  try {
    await verifyVouch(vouch.bytes, chain[at]!.signingPublicKey);
    return true;
  } catch (error) {
    if (error instanceof TrustError) return false;
    throw error;
  }
}

/** A vouch as read; null for one of a form that this release does not know. */
function parsedVouch(bytes: Bytes): Vouch | null {
  try {
    return parseVouch(bytes);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
