/**
 * What passes between a session worker and the vault, over a MessagePort of their own. The vault
 * checks every call against these schemas (`validate`), for the worker reads what strangers send
 * and is not to be trusted; which calls are allowed when is the vault's to keep.
 *
 * On the port: the worker posts `{id, call, args}`; the vault answers `{id, result}`, or
 * `{id, failed: true}` when the call failed for whatever reason (which is in the vault's log), and
 * posts `{event, body}` and `{close: code}` on its own.
 */
import { KEM_CIPHERTEXT_BYTES, KEM_PUBLIC_BYTES } from "../crypto/composite_kem.ts";
import { SERVER_RECORD_BYTES } from "../crypto/server_record.ts";
import type { ErrorCode } from "./error_codes.ts";
import { ERROR_CODES } from "./error_codes.ts";
import type { ServerEvent } from "./messages/events.ts";
import { keyBundle, loginTicket, logReceipt, opaqueMessage, userName } from "./messages/fields.ts";
import { recovery, recoveryStart } from "./messages/recovery.ts";
import { INVITE_REFUSALS, registration, registrationStart } from "./messages/registration.ts";
import type { Infer, Schema } from "./schema.ts";
import { boolean, bytes, empty, fixedBytes, nullable, oneOf, struct, uint } from "./schema.ts";

/** A handshake's transcript, as the vault takes it over to verify M7. */
export const transcriptState = struct({
  chainingKey: fixedBytes(64),
  hash: fixedBytes(64),
  key: fixedBytes(32),
  counter: uint(),
});

const inviteToken = fixedBytes(32);
const recoveryAuth = fixedBytes(32);

/** The calls before a session is open; each at most once a connection, in this order. */
export const HANDSHAKE_CALLS = {
  /** The current server record. */
  serverRecord: { args: empty, result: struct({ record: fixedBytes(SERVER_RECORD_BYTES) }) },
  /** Opens `ciphertext` with the server's KEM key of that id; released on a 25 ms tick. */
  decapsulate: {
    args: struct({ keyId: fixedBytes(8), ciphertext: fixedBytes(KEM_CIPHERTEXT_BYTES) }),
    result: struct({ sharedSecret: fixedBytes(32) }),
  },
  /**
   * OPAQUE KE1 to KE2; counts as a failed try until a right KE3 comes: of that user, or with a
   * valid ticket of that user on that device.
   */
  loginStart: {
    args: struct({ user: userName, ke1: opaqueMessage, ticket: nullable(loginTicket) }),
    result: struct({ ke2: opaqueMessage }),
  },
  /** OPAQUE KE3. Gives what M6 needs: the vault keeps the shared secret of `kemCiphertext`. */
  loginFinish: {
    args: struct({ ke3: opaqueMessage }),
    result: struct({
      sessionKey: fixedBytes(64),
      kemPublicKey: fixedBytes(KEM_PUBLIC_BYTES),
      kemCiphertext: fixedBytes(KEM_CIPHERTEXT_BYTES),
      bundle: keyBundle,
    }),
  },
  /**
   * Verifies M7 over the transcript after M6, and from then on treats the port as the user's.
   * `refused`: the proof is right, but no session may be had; the port stays a stranger's.
   */
  loginConfirm: {
    args: struct({ state: transcriptState, m7: bytes({ min: 1, max: 1024 }) }),
    result: struct({
      state: transcriptState,
      user: userName,
      refused: nullable(oneOf(...ERROR_CODES)),
    }),
  },
  registerStart: {
    args: struct({ user: userName, token: inviteToken, request: opaqueMessage }),
    result: registrationStart,
  },
  /**
   * Stores the account and its log entry, and uses the invite up, in one step; or says why the
   * invite does not count. Either `refused` or `receipt` is null.
   */
  registerFinish: {
    args: registration,
    result: struct({
      refused: nullable(oneOf(...INVITE_REFUSALS)),
      receipt: nullable(logReceipt),
    }),
  },
  /**
   * The recovery code's proof and an OPAQUE registration request to the response and the bundle.
   * `bundle` is null, and there is no next step, when code and name do not fit; that counts as a
   * failed try.
   */
  recoverStart: {
    args: struct({ user: userName, auth: recoveryAuth, request: opaqueMessage }),
    result: recoveryStart,
  },
  /** Stores the new password. Not accepted: the signature or the bundle's version is wrong. */
  recoverFinish: { args: recovery, result: struct({ accepted: boolean }) },
} satisfies Record<string, { args: Schema<unknown>; result: Schema<unknown> }>;

export type HandshakeCall = keyof typeof HANDSHAKE_CALLS;
export type CallArgs<C extends HandshakeCall> = Infer<(typeof HANDSHAKE_CALLS)[C]["args"]>;
export type CallResult<C extends HandshakeCall> = Infer<(typeof HANDSHAKE_CALLS)[C]["result"]>;

/** What the vault answers to a request: the body of the reply, or why not. */
export type RequestResult =
  | { readonly body: unknown }
  | { readonly error: ErrorCode; readonly names: readonly string[] };

/** The vault as a session sees it. A call that the vault refuses or fails at rejects. */
export type VaultPort =
  & { [C in HandshakeCall]: (args: CallArgs<C>) => Promise<CallResult<C>> }
  & {
    /** A request of the user who is logged in; `type` and `body` were checked on this side. */
    request(args: { type: string; body: unknown }): Promise<RequestResult>;
  };

/** Worker to vault, as posted. */
export interface VaultCall {
  readonly id: number;
  readonly call: HandshakeCall | "request";
  readonly args: unknown;
}

/** Vault to worker, as posted. */
export type VaultMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failed: true }
  | ServerEvent
  | { readonly close: ErrorCode };
