/**
 * What opens an account, and how it is changed: password, recovery code, keys, slots of the bundle.
 *
 * Invariants:
 * - Nothing is changed without a signature by the user's own key over all that changes, for a session
 *   worker that was taken over has the user's authority but not the user's keys.
 * - A change counts only on the bundle that it was made from (its version is the next one), so that
 *   one that is told again, or was made at the same time on another device, changes nothing.
 * - Bundle, login, keys and the log's entry for them change in one step.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { importKemPublicKey } from "../../crypto/composite_kem.ts";
import { signedCredentials } from "../../crypto/credentials.ts";
import { FormatError } from "../../crypto/errors.ts";
import { type IdentityRecord, verifyIdentity, verifySuccession } from "../../crypto/identity.ts";
import { bundleVersionOf } from "../../crypto/key_bundle.ts";
import { verifySignature } from "../../crypto/sign.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import type { AccountContents } from "./account_columns.ts";
import { type Accounts, isInUse } from "./accounts.ts";

/** What a user wants from now on; null stays as it is. */
export interface NewCredentials {
  /** OPAQUE registration record. */
  readonly record: Bytes | null;
  /** Of what the new recovery code proves itself with, 32 bytes. */
  readonly recoveryHash: Bytes | null;
  /** Identity record of new keys. */
  readonly identity: Bytes | null;
  /** The key bundle, of the stored one's version + 1. */
  readonly bundle: Bytes;
  /** Under purpose "credentials", by the key that is the current one until now. */
  readonly signature: Bytes;
}

/**
 * - `stale`: the bundle has been changed meanwhile, or this was done already.
 * - `invalid`: not signed by the user, or nothing that could follow what is there.
 */
export type CredentialsRefusal = "stale" | "invalid";

/** `index` is where the log has the new keys; 0 when there are none. */
export type CredentialsOutcome =
  | {
    readonly outcome: "changed";
    readonly index: number;
    /** The user's keys from now on. */
    readonly identity: IdentityRecord;
  }
  | { readonly outcome: CredentialsRefusal };

/** Leaves a change that is not to be. */
class Refused extends Error {
  constructor(readonly outcome: CredentialsRefusal) {
    super(outcome);
  }
}

/**
 * Changes the credentials of an account that is in use. The slot of a device that was being added
 * goes: it was used, or does not open the new bundle.
 *
 * @param mayChange Whether the account, as it is now, is still one that this caller may change.
 */
export async function changeCredentials(
  accounts: Accounts,
  { user, next }: { user: string; next: NewCredentials },
  mayChange: (account: AccountContents) => boolean = () => true,
): Promise<CredentialsOutcome> {
  let identity: IdentityRecord | undefined;
  try {
    const changed = await accounts.change(user, async (account, identities) => {
      const current = identities.at(-1);
      if (account?.bundle == null || current === undefined) throw new Refused("invalid");
      if (!isInUse(account) || !mayChange(account)) throw new Refused("invalid");
      const version = orRefused(() => bundleVersionOf(next.bundle));
      if (version !== bundleVersionOf(account.bundle) + 1) throw new Refused("stale");
      await checkSignature(current, { user, version, next });
      const rotated = next.identity === null ? null : await successorOf(current, next.identity);
      identity = rotated ?? current;
      return {
        account: {
          ...account,
          login: next.record ?? account.login,
          recovery: next.recoveryHash ?? account.recovery,
          bundle: next.bundle,
          enrolment: null,
        },
        ...(rotated === null ? {} : { identity: rotated }),
      };
    });
    return { outcome: "changed", index: changed!.index, identity: identity! };
  } catch (error) {
    if (error instanceof Refused) return { outcome: error.outcome };
    throw error;
  }
}

async function checkSignature(
  { signingPublicKey }: IdentityRecord,
  { user, version, next: { signature, ...parts } }: {
    user: string;
    version: number;
    next: NewCredentials;
  },
): Promise<void> {
  const message = signedCredentials({ user, version, ...parts });
  const signed = { purpose: "credentials", message, signature } as const;
  if (!await verifySignature(signingPublicKey, signed)) throw new Refused("invalid");
}

/** The record of new keys, checked against the one before. */
async function successorOf(current: IdentityRecord, bytes: Bytes): Promise<IdentityRecord> {
  try {
    const next = await verifyIdentity(bytes, current.user);
    await verifySuccession(current, next);
    // A key that cannot be used would make every later login fail.
    await importKemPublicKey(next.kemPublicKey);
    return next;
  } catch (error) {
    throw refusalOf(error);
  }
}

function orRefused<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What a user has handed in and is not what it should be: a refusal. Anything else as it is. */
function refusalOf(error: unknown): unknown {
  const isTheirs = error instanceof FormatError || error instanceof TrustError;
  return isTheirs ? new Refused("invalid") : error;
}
