import type { loginTicket } from "../../protocol/messages/login_ticket.ts";
import type { Handler } from "./handler.ts";

/** A ticket for the user's device. Each has free tries, so not everybody gets any number of them. */
export const handleLoginTicket: Handler<typeof loginTicket> = async ({ user, office }) => {
  await office.allow("ticket_issue", user);
  return { ticket: office.tickets.issue(user) };
};
