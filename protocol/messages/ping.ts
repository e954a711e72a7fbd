import { empty, struct } from "../schema.ts";
import { time } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/** Says that the client is still there. The reply has the server's clock. */
export const ping = {
  type: "ping",
  request: empty,
  reply: struct({ time }),
} satisfies Message<"ping", unknown, unknown>;

export type PingRequest = RequestOf<typeof ping>;
export type PingReply = ReplyOf<typeof ping>;
