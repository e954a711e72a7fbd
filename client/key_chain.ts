/**
 * How a user's keys follow one another: replaced by their owner, or by somebody else.
 *
 * Rules: docs/protocol.md, 12.5.
 */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import {
  grantOf,
  type IdentityRecord,
  parseIdentity,
  verifyIdentity,
  verifyReset,
  verifySuccession,
} from "../crypto/identity.ts";
import type { InviteGrant } from "../crypto/invite_grant.ts";
import { TrustError } from "../crypto/trust_error.ts";

/**
 * What lies between two records of a name:
 *
 * - `same`: nothing, they are one;
 * - `rotated`: each one was signed with the keys before it;
 * - `reset`: somewhere an administrator has given the name to new keys, as the grant in it says;
 * - `broken`: nothing that would explain the new keys.
 */
export type Succession = "same" | "rotated" | "reset" | "broken";

/** The key that a grant must be signed with, 1984 bytes; null when nobody had the right to. */
export type GrantKeyOf = (reset: IdentityRecord, grant: InviteGrant) => Promise<Bytes | null>;

/** A record as read; null for one of a form that this release does not know. */
export function parsed(bytes: Bytes): IdentityRecord | null {
  try {
    return parseIdentity(bytes);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/**
 * What lies between the first and the last of some records of a name.
 *
 * @param chain At least one, the oldest first; none left out.
 */
export async function successionOf(
  chain: readonly IdentityRecord[],
  grantKeyOf: GrantKeyOf,
): Promise<Succession> {
  if (chain.length === 1) return "same";
  let succession: Succession = "rotated";
  try {
    for (const [i, next] of chain.entries()) {
      const previous = chain[i - 1];
      if (previous === undefined) continue;
      await verifyIdentity(next.bytes, previous.user);
      if (next.type !== "reset") await verifySuccession(previous, next);
      else {
        const grantKey = await grantKeyOf(next, grantOf(next));
        if (grantKey === null) return "broken";
        await verifyReset(next, { grantKey, previous });
        succession = "reset";
      }
    }
    return succession;
  } catch (error) {
    // A grant that cannot be read allows nothing.
    if (error instanceof TrustError || error instanceof FormatError) return "broken";
    throw error;
  }
}

/** Whether each record replaces the one before it with that one's signature. */
export async function areSuccessors(records: readonly IdentityRecord[]): Promise<boolean> {
  const succession = await successionOf(records, () => Promise.resolve(null));
  return succession === "same" || succession === "rotated";
}

/**
 * The records from the one with which a name's present owner began (first or reset) to the one at
 * `end`, each signed with the keys of the one before it; null when that is not so.
 */
export async function ownersChain(
  records: readonly IdentityRecord[],
  end = records.length - 1,
): Promise<IdentityRecord[] | null> {
  const base = records.findLastIndex(({ type }, i) => i <= end && type !== "rotate");
  if (base < 0) return null;
  const chain = records.slice(base, end + 1);
  try {
    await verifyIdentity(chain[0]!.bytes, chain[0]!.user);
  } catch (error) {
    if (error instanceof TrustError) return null;
    throw error;
  }
  return await areSuccessors(chain) ? chain : null;
}

/** Whether this is the record of these keys. */
export function hasKeys(
  record: Pick<IdentityRecord, "fingerprint" | "kemKeyId">,
  keys: Pick<IdentityRecord, "fingerprint" | "kemKeyId">,
): boolean {
  return equalBytes(record.fingerprint, keys.fingerprint) &&
    equalBytes(record.kemKeyId, keys.kemKeyId);
}
