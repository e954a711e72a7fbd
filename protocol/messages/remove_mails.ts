import { MAX_REMOVE_MAILS } from "../limits.ts";
import { list, struct, uint } from "../schema.ts";
import { messageId } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Takes mails out of the mailbox for ever; those that are not in it are left out. A mail leaves the
 * server with the last mailbox that has it. The reply: how many were there.
 */
export const removeMails = {
  type: "remove_mails",
  request: struct({ messageIds: list(messageId, { min: 1, max: MAX_REMOVE_MAILS }) }),
  reply: struct({ removed: uint() }),
} satisfies Message<"remove_mails", unknown, unknown>;

export type RemoveMailsRequest = RequestOf<typeof removeMails>;
export type RemoveMailsReply = ReplyOf<typeof removeMails>;
