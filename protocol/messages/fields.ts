/** Fields that several messages share. */
import { isUserName, MAX_USER_NAME_BYTES } from "../../crypto/names.ts";
import {
  CONTENT_CHUNK_BYTES,
  MAX_HEADER_BYTES,
  MAX_SEALED_ENTRY_BYTES,
  MAX_SEALED_STATE_BYTES,
  MAX_SUMMARY_BYTES,
} from "../limits.ts";
import { bytes, fixedBytes, text, uint } from "../schema.ts";

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

/** The sealed account state. */
export const sealedState = bytes({ min: 1, max: MAX_SEALED_STATE_BYTES });
