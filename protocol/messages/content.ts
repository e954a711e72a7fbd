import { CONTENT_CHUNK_BYTES } from "../limits.ts";
import { bytes, struct, uint } from "../schema.ts";
import { byteCount, messageId } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * A piece of a mail's sealed content: `length` bytes from `offset`, fewer at the end (none behind
 * it), and the length of the whole. A mail that is not in the mailbox: `not_found`.
 */
export const content = {
  type: "content",
  request: struct({
    messageId,
    offset: byteCount,
    length: uint({ min: 1, max: CONTENT_CHUNK_BYTES }),
  }),
  reply: struct({ data: bytes({ max: CONTENT_CHUNK_BYTES }), total: byteCount }),
} satisfies Message<"content", unknown, unknown>;

export type ContentRequest = RequestOf<typeof content>;
export type ContentReply = ReplyOf<typeof content>;
