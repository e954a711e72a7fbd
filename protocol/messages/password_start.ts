import { struct } from "../schema.ts";
import { opaqueMessage } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/** The first step to a new password: OPAQUE registration request to response. */
export const passwordStart = {
  type: "password_start",
  request: struct({ request: opaqueMessage }),
  reply: struct({ response: opaqueMessage }),
} satisfies Message<"password_start", unknown, unknown>;

export type PasswordStartRequest = RequestOf<typeof passwordStart>;
export type PasswordStartReply = ReplyOf<typeof passwordStart>;
