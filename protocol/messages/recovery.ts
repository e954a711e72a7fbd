/**
 * What is inside the handshake messages of a recovery: M4R and M5R. An accepting M6R is empty.
 *
 * Bytes: docs/protocol.md, 8.4.
 */
import { nullable, struct } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { keyBundle, opaqueMessage, signature } from "./fields.ts";

/** What a server answers to somebody with a recovery code (plaintext of M4R). */
export const recoveryStart = struct({
  /** The OPAQUE registration response. */
  response: opaqueMessage,
  /**
   * Null when the recovery is refused, and the connection ends: the code is wrong, the name is not
   * known or has no code; which one is not said.
   */
  bundle: nullable(keyBundle),
});

/** What the client hands in after it has opened the bundle with the code (plaintext of M5R). */
export const recovery = struct({
  /** The OPAQUE registration record of the new password. */
  record: opaqueMessage,
  /** The bundle with its slots made anew; its version is the stored one + 1. */
  bundle: keyBundle,
  /** Under purpose "credentials" by the user's signing key, which is in the bundle. */
  signature,
});

/** Why a recovery is refused. */
export const RECOVERY_REFUSED = "recovery_refused";

export type RecoveryRefusal = typeof RECOVERY_REFUSED;

export type RecoveryStart = Infer<typeof recoveryStart>;
export type Recovery = Infer<typeof recovery>;
