/**
 * The arguments that the contract in store.ts allows, checked the same way by every engine. All
 * functions throw StoreError `store_misuse`; the message names the argument, never its value.
 */

import { StoreError } from "./errors.ts";
import type { LogAppend } from "./log_store.ts";
import type { ChangesWanted, ContentRange, EntryChange, Page } from "./mailbox_store.ts";
import type { AccountChange, Attempts, Delivery, Piece, Upload } from "./store.ts";

/** Length of a tag in bytes. */
export const TAG_BYTES = 32;
/** Length of a message id in bytes. */
export const MESSAGE_ID_BYTES = 16;
/** Length of the name of a blob in bytes. */
export const BLOB_NAME_BYTES = 16;
/** Length of the digest of a message and of an invite's token hash in bytes. */
export const DIGEST_BYTES = 32;

function misuse(message: string): StoreError {
  return new StoreError("store_misuse", `Mail store: ${message}`);
}

/** Bytes of exactly that length. */
export function checkLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw misuse(`${what} must have ${length} bytes, has ${bytes.length}`);
  }
}

export function checkTags(tags: readonly Uint8Array[]): void {
  for (const tag of tags) checkLength("a tag", tag, TAG_BYTES);
}

export function checkMessageIds(ids: readonly Uint8Array[]): void {
  for (const id of ids) checkLength("a message id", id, MESSAGE_ID_BYTES);
}

/** A whole number from 0 to 2^53-1. */
export function checkCount(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw misuse(`${what} must be a whole number, not below 0`);
  }
}

/** What deliveries and uploads have in common. */
export function checkEnvelope(mail: Omit<Delivery, "content">): void {
  if (mail.own) checkTags([mail.own.tag]);
  checkMessageIds([mail.messageId]);
  checkLength("a digest", mail.digest, DIGEST_BYTES);
  checkTags(mail.mailboxes);
  if (mail.mailboxes.length === 0) throw misuse("a message must go to at least one mailbox");
}

export function checkUpload(upload: Upload): void {
  checkEnvelope(upload);
  checkTags([upload.owner]);
  checkCount("the length of the content", upload.contentLength);
  checkCount("the time", upload.now);
}

export function checkPiece(piece: Piece): void {
  checkTags([piece.owner]);
  checkMessageIds([piece.messageId]);
  checkCount("the offset", piece.offset);
  if (piece.data.length === 0) throw misuse("a piece of content must not be empty");
}

/** Tags or ids without repetitions, in the order of their first appearance. */
export function distinct<T extends Uint8Array>(tags: readonly T[]): T[] {
  if (tags.length === 1) return [...tags];
  const seen = new Map<string, T>();
  for (const tag of tags) {
    const key = tag.toHex();
    if (!seen.has(key)) seen.set(key, tag);
  }
  return [...seen.values()];
}

export function checkInvite(invite: { tag: Uint8Array; tokenHash: Uint8Array }): void {
  checkTags([invite.tag]);
  checkLength("a token hash", invite.tokenHash, DIGEST_BYTES);
}

/** Entries for the log that follow each other. */
export function checkLog(entries: readonly LogAppend[]): void {
  entries.forEach(({ seq, tag }, i) => {
    checkTags([tag]);
    checkCount("the number of a log entry", seq);
    if (seq !== entries[0]!.seq + i) throw misuse("log entries must be numbered one by one");
  });
}

export function checkAccountChange(change: AccountChange): void {
  const { tag, expectedVersion, account, invite, identity } = change;
  checkTags([tag]);
  if (account === null && expectedVersion === null) {
    throw misuse("an account that must not exist cannot be removed");
  }
  if (invite) {
    checkInvite({ tag, tokenHash: invite.tokenHash });
    checkCount("the end of an invite", invite.expires);
    if (account?.status !== "invited") throw misuse("an invite is for an invited account");
  }
  if (identity) checkCount("the number of identity records", identity.expectedCount);
  checkLog(change.log ?? []);
}

export function checkAttempts(attempts: Attempts): void {
  checkCount("the number of failed logins", attempts.failed);
  checkCount("the end of a login delay", attempts.blockedUntil);
}

export function checkPage(tag: Uint8Array, page: Page): void {
  checkTags([tag]);
  checkCount("the index to list before", page.before ?? 0);
  checkCount("the number of entries to list", page.limit);
}

export function checkChangesWanted(tag: Uint8Array, wanted: ChangesWanted): void {
  checkTags([tag]);
  checkCount("what to list changes since", wanted.since);
  checkCount("the number of changes to list", wanted.limit);
  if (wanted.limit === 0) throw misuse("at least one change must be asked for");
}

export function checkBlob(
  tag: Uint8Array,
  { name, revision }: { name: Uint8Array; revision: number },
): void {
  checkTags([tag]);
  checkLength("the name of a blob", name, BLOB_NAME_BYTES);
  checkCount("a revision", revision);
}

export function checkRange(tag: Uint8Array, range: ContentRange): void {
  checkTags([tag]);
  checkMessageIds([range.messageId]);
  checkCount("the offset", range.offset);
  checkCount("the length", range.length);
}

export function checkChanges(tag: Uint8Array, items: readonly EntryChange[]): void {
  checkTags([tag]);
  for (const { messageId, revision } of items) {
    checkMessageIds([messageId]);
    checkCount("a revision", revision);
  }
}
