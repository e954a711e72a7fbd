/** Fields that several messages share. */
import { isUserName, MAX_USER_NAME_BYTES } from "../../crypto/names.ts";
import { SIGNATURE_BYTES } from "../../crypto/sign.ts";
import {
  CONTENT_CHUNK_BYTES,
  MAX_BLOB_BYTES,
  MAX_BUNDLE_BYTES,
  MAX_GRANT_BYTES,
  MAX_HEADER_BYTES,
  MAX_IDENTITY_BYTES,
  MAX_LOG_HEAD_BYTES,
  MAX_OPAQUE_BYTES,
  MAX_SEALED_ENTRY_BYTES,
  MAX_SEALED_STATE_BYTES,
  MAX_SUMMARY_BYTES,
  MAX_VOUCH_BYTES,
} from "../limits.ts";
import type { Infer } from "../schema.ts";
import { bytes, fixedBytes, struct, text, uint } from "../schema.ts";

/** A user's name in its normal form (lower case). */
export const userName = text({ min: 1, max: MAX_USER_NAME_BYTES, accepts: isUserName });

/** The random id of a mail, 16 bytes. */
export const messageId = fixedBytes(16);

/** The number of a mail in one mailbox: from 1 in order of arrival, never used again. */
export const mailIndex = uint({ min: 1 });

/** Milliseconds since 1970-01-01 UTC. */
export const time = uint();

/** A length or an offset, in bytes. */
export const byteCount = uint();

/** How often something was replaced, for compare-and-set; 0 where nothing is stored yet. */
export const revision = uint({ max: 0xffff_ffff });

/** An MSE1 header. */
export const mailHeader = bytes({ min: 1, max: MAX_HEADER_BYTES });

/** A sealed summary. */
export const mailSummary = bytes({ min: 1, max: MAX_SUMMARY_BYTES });

/** A piece of sealed content, at least one byte. */
export const contentChunk = bytes({ min: 1, max: CONTENT_CHUNK_BYTES });

/** The sealed entry of a mail in its owner's mailbox. */
export const sealedEntry = bytes({ min: 1, max: MAX_SEALED_ENTRY_BYTES });

/** The name of a blob: it says nothing to the server. */
export const blobName = fixedBytes(16);

/** A blob, sealed by the account's devices for each other. */
export const sealedBlob = bytes({ min: 1, max: MAX_BLOB_BYTES });

/** Counts the changes to a mailbox. */
export const modseq = uint();

/** The sealed account state. */
export const sealedState = bytes({ min: 1, max: MAX_SEALED_STATE_BYTES });

/** A key bundle in its slots. */
export const keyBundle = bytes({ min: 1, max: MAX_BUNDLE_BYTES });

/** An OPAQUE message or record. */
export const opaqueMessage = bytes({ min: 1, max: MAX_OPAQUE_BYTES });

/** An identity record. */
export const identityRecord = bytes({ min: 1, max: MAX_IDENTITY_BYTES });

/** Who allowed a registration, signed. */
export const inviteGrant = bytes({ min: 1, max: MAX_GRANT_BYTES });

/** One user's signed word for the keys of another. */
export const signedVouch = bytes({ min: 1, max: MAX_VOUCH_BYTES });

/** A signature of a user or of the server. */
export const signature = fixedBytes(SIGNATURE_BYTES);

/** SHA-256 of what a recovery code gives to the server, 32 bytes. */
export const recoveryHash = fixedBytes(32);

/** What lets a login skip the queue that strangers' guessing makes: nonce (16) and MAC (32). */
export const loginTicket = fixedBytes(48);

/** The signed head of the key log, a C2SP signed note. */
export const logHead = text({ min: 1, max: MAX_LOG_HEAD_BYTES });

/** Where the key log has an identity record that was accepted. */
export const logReceipt = struct({
  /** Sequence number of its entry. */
  index: uint(),
  /** The signed head of a log that has the entry. */
  head: logHead,
});

export type LogReceipt = Infer<typeof logReceipt>;
