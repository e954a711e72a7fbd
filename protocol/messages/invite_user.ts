import { boolean, struct } from "../schema.ts";
import { inviteGrant, time } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Invites somebody, by an administrator: `grant` is signed with her key. With `reset` an account
 * that exists goes back to invited, and its mailbox is emptied. The reply says until when the
 * invite counts. Refused with `not_admin`, `user_exists` (without `reset`), `user_unknown` (with
 * it) or `bad_request` (a grant that does not fit).
 */
export const inviteUser = {
  type: "invite_user",
  request: struct({ grant: inviteGrant, reset: boolean }),
  reply: struct({ expires: time }),
} satisfies Message<"invite_user", unknown, unknown>;

export type InviteUserRequest = RequestOf<typeof inviteUser>;
export type InviteUserReply = ReplyOf<typeof inviteUser>;
