import { empty, nullable, struct } from "../schema.ts";
import { revision, sealedState } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/** The sealed account state and its revision (null and 0 when there is none). */
export const getState = {
  type: "get_state",
  request: empty,
  reply: struct({ revision, sealed: nullable(sealedState) }),
} satisfies Message<"get_state", unknown, unknown>;

export type GetStateRequest = RequestOf<typeof getState>;
export type GetStateReply = ReplyOf<typeof getState>;
