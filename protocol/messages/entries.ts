import { MAX_LIST_PAGE } from "../limits.ts";
import { list, struct } from "../schema.ts";
import { mailIndex, messageId } from "./fields.ts";
import { mailboxEntry } from "./list.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * The entries of particular mails, first those asked by index, then those by id, each in the
 * order asked. Mails that are not in the mailbox are left out. As many as fit REPLY_BUDGET_BYTES,
 * at least one when there is one: ask again for those behind the last one; an empty reply means
 * that none of those asked for is there.
 */
export const entries = {
  type: "entries",
  request: struct({
    indices: list(mailIndex, { max: MAX_LIST_PAGE }),
    messageIds: list(messageId, { max: MAX_LIST_PAGE }),
  }),
  reply: struct({ entries: list(mailboxEntry, { max: 2 * MAX_LIST_PAGE }) }),
} satisfies Message<"entries", unknown, unknown>;

export type EntriesRequest = RequestOf<typeof entries>;
export type EntriesReply = ReplyOf<typeof entries>;
