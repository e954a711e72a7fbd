import { LOG_PAGE, MAX_LOG_LEAF_BYTES } from "../limits.ts";
import { bytes, list, struct, uint } from "../schema.ts";
import { logHead } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * The signed head of the key log, and its leaves from the sequence number `from` on: a whole page,
 * or all that there are. Ask again for those behind the last one, until there are as many as the
 * head says.
 */
export const logSync = {
  type: "log_sync",
  request: struct({ from: uint() }),
  reply: struct({
    head: logHead,
    leaves: list(bytes({ min: 1, max: MAX_LOG_LEAF_BYTES }), { max: LOG_PAGE }),
  }),
} satisfies Message<"log_sync", unknown, unknown>;

export type LogSyncRequest = RequestOf<typeof logSync>;
export type LogSyncReply = ReplyOf<typeof logSync>;
