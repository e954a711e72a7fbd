/** What a client asks of whoever has the password, the codes and the keys, and how that ends. */
import type { Bytes } from "../crypto/bytes.ts";
import type { LogReceipt } from "./messages/fields.ts";
import type { Recovery, RecoveryRefusal } from "./messages/recovery.ts";
import type { Registration, RegistrationStart } from "./messages/registration.ts";

/** A server whose record was verified. */
export interface KnownServer {
  /** The server record, byte for byte. */
  readonly record: Bytes;
  /** The KEM key inside it. */
  readonly kemPublicKey: Bytes;
}

/** A login's secret steps. What they throw ends the login and reaches its caller. */
export interface LoginSteps {
  readonly user: string;
  /** OPAQUE KE1. */
  readonly ke1: Bytes;
  /** Of an earlier login on this device, 48 bytes; null without one. */
  readonly ticket: Bytes | null;
  /** OPAQUE KE2 to KE3; throws when the password is wrong. The session key is wiped. */
  finish(ke2: Bytes): Awaitable<{ ke3: Bytes; sessionKey: Bytes }>;
  /** Opens the key bundle, and gives what decapsulates with the user's KEM key. */
  unlock(keys: { kemPublicKey: Bytes; bundle: Bytes }): Awaitable<Decapsulate>;
}

/** Shared secret of a KEM ciphertext, 32 bytes; it is released on a tick of the clock. */
export type Decapsulate = (ciphertext: Bytes) => Promise<Bytes>;

/** A registration's secret steps. */
export interface RegistrationSteps {
  readonly user: string;
  /** The invite token, 32 bytes. */
  readonly token: Bytes;
  /** OPAQUE registration request. */
  readonly request: Bytes;
  /**
   * OPAQUE registration response to all that the server is to keep. With a grant the identity must
   * be a reset that holds it.
   */
  finish(start: RegistrationStart): Awaitable<Registration>;
}

/** How a registration ended. */
export type RegistrationOutcome =
  | { readonly accepted: true; readonly receipt: LogReceipt }
  | {
    readonly accepted: false;
    /** One of INVITE_REFUSALS, or what a later server says. */
    readonly code: string;
  };

/** A recovery's secret steps. */
export interface RecoverySteps {
  readonly user: string;
  /** `recoveryAuth` of the code, 32 bytes. */
  readonly auth: Bytes;
  /** OPAQUE registration request for the new password. */
  readonly request: Bytes;
  /** OPAQUE registration response and key bundle to what the server is to keep instead. */
  finish(start: { response: Bytes; bundle: Bytes }): Awaitable<Recovery>;
}

/** How a recovery ended: null when the new password counts. */
export type RecoveryOutcome = RecoveryRefusal | null;

type Awaitable<T> = T | Promise<T>;
