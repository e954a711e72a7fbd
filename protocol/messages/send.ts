import { INLINE_CONTENT_BYTES } from "../limits.ts";
import { bytes, nullable, struct } from "../schema.ts";
import { mailHeader, mailSummary, messageId, sealedEntry, time } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Delivers a mail whose sealed content is at most INLINE_CONTENT_BYTES, to all recipients of its
 * header or to none. The reply (time of arrival) leaves when the mail is durable. The same bytes
 * under the same id again: the same reply, nothing doubled; other bytes: `id_reused`.
 *
 * `ownEntry`, if given, is the sender's own sealed entry of it, in revision 1, which is there at once;
 * it needs the sender among the recipients. A mail that is there already keeps the entry it has.
 */
export const send = {
  type: "send",
  request: struct({
    messageId,
    header: mailHeader,
    summary: mailSummary,
    content: bytes({ min: 1, max: INLINE_CONTENT_BYTES }),
    ownEntry: nullable(sealedEntry),
  }),
  reply: struct({ arrived: time }),
} satisfies Message<"send", unknown, unknown>;

export type SendRequest = RequestOf<typeof send>;
export type SendReply = ReplyOf<typeof send>;
