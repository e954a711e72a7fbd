import { MAX_FETCH_MAILS } from "../limits.ts";
import { list, struct } from "../schema.ts";
import { mailHeader, mailSummary, messageId } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Headers and sealed summaries, in the order asked; mails that are not in the mailbox are left
 * out. As many as fit REPLY_BUDGET_BYTES, at least one when there is one: ask again for the ids
 * behind the last one; an empty reply means that none of those asked for is there.
 */
export const fetchMails = {
  type: "fetch",
  request: struct({ messageIds: list(messageId, { min: 1, max: MAX_FETCH_MAILS }) }),
  reply: struct({
    mails: list(struct({ messageId, header: mailHeader, summary: mailSummary }), {
      max: MAX_FETCH_MAILS,
    }),
  }),
} satisfies Message<"fetch", unknown, unknown>;

export type FetchRequest = RequestOf<typeof fetchMails>;
export type FetchReply = ReplyOf<typeof fetchMails>;
