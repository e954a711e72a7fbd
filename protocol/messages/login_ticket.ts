import { empty, struct } from "../schema.ts";
import * as fields from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * A ticket for this device: a login that shows it is not kept waiting because strangers have
 * guessed at the user's password.
 */
export const loginTicket = {
  type: "login_ticket",
  request: empty,
  reply: struct({ ticket: fields.loginTicket }),
} satisfies Message<"login_ticket", unknown, unknown>;

export type LoginTicketRequest = RequestOf<typeof loginTicket>;
export type LoginTicketReply = ReplyOf<typeof loginTicket>;
