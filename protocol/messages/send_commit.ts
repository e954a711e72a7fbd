import { nullable, struct } from "../schema.ts";
import { messageId, sealedEntry, time } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Delivers a mail that was uploaded whole, to all of its recipients or to none. The reply leaves
 * when it is durable; asked again, it is the same. `ownEntry` as in `send`.
 */
export const sendCommit = {
  type: "send_commit",
  request: struct({ messageId, ownEntry: nullable(sealedEntry) }),
  reply: struct({ arrived: time }),
} satisfies Message<"send_commit", unknown, unknown>;

export type SendCommitRequest = RequestOf<typeof sendCommit>;
export type SendCommitReply = ReplyOf<typeof sendCommit>;
