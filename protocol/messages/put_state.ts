import { struct } from "../schema.ts";
import { revision, sealedState } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Replaces the sealed account state by compare-and-set: `revision` is the one the client has
 * seen, the reply's is the new one. Another one there: `conflict`.
 */
export const putState = {
  type: "put_state",
  request: struct({ revision, sealed: sealedState }),
  reply: struct({ revision }),
} satisfies Message<"put_state", unknown, unknown>;

export type PutStateRequest = RequestOf<typeof putState>;
export type PutStateReply = ReplyOf<typeof putState>;
