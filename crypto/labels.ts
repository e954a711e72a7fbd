/**
 * Every label that separates one use of a hash, a key derivation or a signature from another.
 * They have one home so that two uses can never share one by mistake: a label is never spelled
 * anywhere else, and never changed (a new meaning is a new label).
 */

import { type Bytes, concat, utf8 } from "./bytes.ts";

/** `"mailsec/1 " ‖ name ‖ 0x00 ‖ context…`: the one form in which labels enter cryptography. */
export function labelled(name: string, ...context: readonly Uint8Array[]): Bytes {
  return concat(utf8(`mailsec/1 ${name}\0`), ...context);
}

/** Name of the handshake: pattern and primitives. Its SHA-512 starts the transcript. */
export const HANDSHAKE_NAME = "mailsec/1 pqXK XWing MLKEM768-RSA3072 AES256GCM SHA512";

/** What a signature is for. One made for one purpose is not valid for another. */
export type SigningPurpose =
  | "server-record"
  | "mail"
  | "identity"
  | "identity-authorization"
  | "invite"
  | "vouch"
  | "log-head"
  | "credentials";

/** Keys and signatures. `SIGNATURE` is followed by the purpose: `"sig mail"`. */
export const SIGNATURE = "sig ";
export const FINGERPRINT = "fingerprint";
export const KEM_KEY_ID = "kem-key-id";

/**
 * Heads of the key log: the first line is this and the realm; the key id is made with the name of
 * the signature type (C2SP signed-note, type 0xff).
 */
export const LOG_ORIGIN = "mailsec/";
export const LOG_SIGNATURE_TYPE = "mailsec/1 log-head";

/** Labels of the transcript's MixHash: which data enters the hash. */
export const HASH_PROLOGUE = "prologue";
export const HASH_HEADER = "header";
export const HASH_SERVER_STATIC = "server-static";
export const HASH_EPHEMERAL_KEY = "ephemeral-key";
export const HASH_EPHEMERAL = "ephemeral";
export const HASH_CIPHERTEXT = "ct";
export const HASH_USER_KEM = "user-kem";

/** Labels of the transcript's MixKey: which secret enters the chain. */
export const KEY_SERVER_STATIC = "server-static";
export const KEY_EPHEMERAL = "ephemeral";
export const KEY_OPAQUE = "opaque";
export const KEY_USER_STATIC = "user-static";

/** Keys of the closing MACs (client, server) and the split into traffic secrets. */
export const FINISHED_CLIENT = "fin-c";
export const FINISHED_SERVER = "fin-s";
export const TRAFFIC = "traffic";

/** Keys of one direction of the record layer. */
export const RECORD_KEY = "key";
export const RECORD_IV = "iv";
export const RECORD_REKEY = "rekey";

/** Invites: the check against typing errors, and what is derived from the one-time secret. */
export const INVITE_CHECK = "invite-check";
export const INVITE_TOKEN = "invite-token";
export const INVITE_BIND = "bind";

/** Keys derived from the bundle's secrets, and the associated data of what they seal. */
export const BUNDLE = "bundle";
export const BUNDLE_SLOT_PASSWORD = "bundle-P";
export const BUNDLE_SLOT_RECOVERY = "bundle-R";
export const BUNDLE_SLOT_ENROLMENT = "bundle-D";
export const BUNDLE_SLOT_DEVICE = "bundle-device";
export const ACCOUNT_STATE = "state";
export const ACCOUNT_MARK = "account-mark";
export const MAILBOX = "mailbox";
export const ENTRY = "entry";
export const INDEX = "index";
export const INDEX_NAME = "index-name";

/** A mail: its key and counter for one recipient, and its two streams. */
export const MAIL_WRAP = "wrap";
export const MAIL_COUNTER = "counter";
export const MAIL_SUMMARY = "summary";
export const MAIL_CONTENT = "content";

/** Codes that people write down and type: what tells a mistyped one, and what one gives. */
export const RECOVERY_CHECK = "recovery-check";
export const RECOVERY_AUTH = "recovery-auth";
export const ENROLMENT_CHECK = "enrolment-check";

/** What is signed when a user replaces what opens the account. */
export const CREDENTIALS = "credentials";
