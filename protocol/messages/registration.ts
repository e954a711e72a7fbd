/**
 * What is inside the handshake messages of a registration: M4R, M5R and an accepting M6R.
 *
 * Bytes: docs/protocol.md, 8.3.
 */
import { MAX_FIRST_STATE_BYTES } from "../limits.ts";
import { bytes, nullable, struct } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { identityRecord, inviteGrant, keyBundle, opaqueMessage, recoveryHash } from "./fields.ts";

/** What a server answers to a new user (plaintext of M4R). */
export const registrationStart = struct({
  /** The OPAQUE registration response. */
  response: opaqueMessage,
  /**
   * There when the name has had keys before: then the identity record must be a reset that holds
   * this grant. Null: it must be a first one.
   */
  grant: nullable(inviteGrant),
});

/** What a new user hands in (plaintext of M5R). M6R is answered with a `logReceipt`. */
export const registration = struct({
  /** The OPAQUE registration record. */
  record: opaqueMessage,
  identity: identityRecord,
  bundle: keyBundle,
  /** The first account state, sealed. */
  state: bytes({ min: 1, max: MAX_FIRST_STATE_BYTES }),
  recoveryHash,
});

/** Why a registration is refused (M6R), for whoever holds the invite. */
export const INVITE_REFUSALS = ["invite_unknown", "invite_expired", "account_taken"] as const;

export type InviteRefusal = typeof INVITE_REFUSALS[number];

export type RegistrationStart = Infer<typeof registrationStart>;
export type Registration = Infer<typeof registration>;
