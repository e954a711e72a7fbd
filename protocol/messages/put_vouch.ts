import { empty, struct } from "../schema.ts";
import { signedVouch } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Puts a vouch of this user for another one into the key log. One that is there already is not
 * put in again.
 */
export const putVouch = {
  type: "put_vouch",
  request: struct({ vouch: signedVouch }),
  reply: empty,
} satisfies Message<"put_vouch", unknown, unknown>;

export type PutVouchRequest = RequestOf<typeof putVouch>;
export type PutVouchReply = ReplyOf<typeof putVouch>;
