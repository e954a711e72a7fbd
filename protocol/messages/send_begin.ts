import { boolean, struct, uint } from "../schema.ts";
import { byteCount, mailHeader, mailSummary, messageId } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Starts or takes up again the upload of a mail in chunks. Recipients are checked here, before
 * any content travels. The reply: how many bytes of content the server has (go on from there),
 * and whether the mail is delivered already (then `send_commit` gives its arrival).
 */
export const sendBegin = {
  type: "send_begin",
  request: struct({
    messageId,
    header: mailHeader,
    summary: mailSummary,
    contentLength: uint({ min: 1 }),
  }),
  reply: struct({ received: byteCount, done: boolean }),
} satisfies Message<"send_begin", unknown, unknown>;

export type SendBeginRequest = RequestOf<typeof sendBegin>;
export type SendBeginReply = ReplyOf<typeof sendBegin>;
