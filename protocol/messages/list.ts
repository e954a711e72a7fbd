import { MAX_LIST_PAGE } from "../limits.ts";
import { list as listOf, nullable, struct, uint } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { byteCount, mailIndex, messageId, modseq, revision, sealedEntry, time } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/** What a mailbox holds about one mail, besides the mail. */
export const mailboxEntry = struct({
  index: mailIndex,
  messageId,
  arrived: time,
  /** Length of the sealed content, in bytes. */
  contentLength: byteCount,
  /** Of the sealed entry: 0 and null before the owner has written one. */
  revision,
  sealed: nullable(sealedEntry),
});

export type MailboxEntry = Infer<typeof mailboxEntry>;

/**
 * A page of the mailbox, newest first, of the mails with an index below `before` (null: from the
 * newest). A page may be shorter than `limit` (REPLY_BUDGET_BYTES); the end is an empty page.
 * `total` counts the whole mailbox; `modseq` its changes, as `since` of `changes` wants them.
 */
export const list = {
  type: "list",
  request: struct({ before: nullable(mailIndex), limit: uint({ min: 1, max: MAX_LIST_PAGE }) }),
  reply: struct({ total: uint(), modseq, entries: listOf(mailboxEntry, { max: MAX_LIST_PAGE }) }),
} satisfies Message<"list", unknown, unknown>;

export type ListRequest = RequestOf<typeof list>;
export type ListReply = ReplyOf<typeof list>;
