import { struct } from "../schema.ts";
import { byteCount, contentChunk, messageId } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * The next piece of content of an upload begun with `send_begin`. `offset` must be what the
 * server has received so far, else `conflict`. The reply: what it has received now.
 */
export const sendChunk = {
  type: "send_chunk",
  request: struct({ messageId, offset: byteCount, data: contentChunk }),
  reply: struct({ received: byteCount }),
} satisfies Message<"send_chunk", unknown, unknown>;

export type SendChunkRequest = RequestOf<typeof sendChunk>;
export type SendChunkReply = ReplyOf<typeof sendChunk>;
