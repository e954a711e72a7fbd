import { nullable, struct } from "../schema.ts";
import {
  identityRecord,
  keyBundle,
  logReceipt,
  opaqueMessage,
  recoveryHash,
  signature,
} from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Replaces what opens the account, all of it or nothing: by compare-and-set on the bundle's
 * version, which is the stored one + 1 (another one: `conflict`). What is null stays as it is.
 * `signature` is under purpose "credentials" by the signing key that was the current one until now;
 * one that does not verify, and an identity that does not follow the last one, is `bad_request`.
 * Other sessions of the user end with `credentials_changed`.
 */
export const changeCredentials = {
  type: "change_credentials",
  request: struct({
    /** The OPAQUE registration record of a new password. */
    record: nullable(opaqueMessage),
    /** Of a new recovery code. */
    recoveryHash: nullable(recoveryHash),
    /** The record of new keys, of type rotate. */
    identity: nullable(identityRecord),
    bundle: keyBundle,
    signature,
  }),
  reply: struct({
    /** There when an identity was given. */
    receipt: nullable(logReceipt),
  }),
} satisfies Message<"change_credentials", unknown, unknown>;

export type ChangeCredentialsRequest = RequestOf<typeof changeCredentials>;
export type ChangeCredentialsReply = ReplyOf<typeof changeCredentials>;
