/** The identity records of one name, oldest first, as a chain. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { IdentityRecord } from "../../crypto/identity.ts";

/** The place in the chain that the next record takes. */
export interface NextIdentity {
  readonly epoch: number;
  /** Hash of the record before, 32 bytes; zeros when there is none. */
  readonly prevHash: Bytes;
}

/** What comes after these records. */
export function nextIdentity(identities: readonly IdentityRecord[]): NextIdentity {
  const last = identities.at(-1);
  return last === undefined
    ? { epoch: 1, prevHash: new Uint8Array(32) }
    : { epoch: last.epoch + 1, prevHash: last.hash };
}

/** The records of whoever has the name now: from the last first or reset one on. */
export function currentChain(identities: readonly IdentityRecord[]): readonly IdentityRecord[] {
  const base = identities.findLastIndex(({ type }) => type !== "rotate");
  return identities.slice(Math.max(0, base));
}
