import {
  MAX_BUNDLE_BYTES,
  MAX_FIRST_STATE_BYTES,
  MAX_IDENTITY_BYTES,
  MAX_OPAQUE_BYTES,
} from "../limits.ts";
import { bytes, struct } from "../schema.ts";
import type { Infer } from "../schema.ts";

/** What a new user hands in (plaintext of handshake message M5R). */
export const registration = struct({
  /** The OPAQUE registration record. */
  record: bytes({ min: 1, max: MAX_OPAQUE_BYTES }),
  identity: bytes({ min: 1, max: MAX_IDENTITY_BYTES }),
  /** The key bundle, in its slots. */
  bundle: bytes({ min: 1, max: MAX_BUNDLE_BYTES }),
  /** The first account state, sealed. */
  state: bytes({ min: 1, max: MAX_FIRST_STATE_BYTES }),
});

/** Why a registration is refused (M6R), for whoever holds the invite. */
export const INVITE_REFUSALS = ["invite_unknown", "invite_expired", "account_taken"] as const;

export type InviteRefusal = typeof INVITE_REFUSALS[number];

export type Registration = Infer<typeof registration>;
