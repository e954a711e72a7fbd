import type { send } from "../../protocol/messages/send.ts";
import type { Handler } from "./handler.ts";
import { checkMail, concludeDelivery, ownMailbox, refusal } from "./incoming_mail.ts";

/** Delivers a mail that comes in one piece. */
export const handleSend: Handler<typeof send> = async (context, request) => {
  const mail = checkMail(context, request);
  const { content, ownEntry } = request;
  const own = ownEntry === null ? null : { tag: ownMailbox(context, mail), sealed: ownEntry };
  const outcome = await context.office.store.deliver({ ...mail, content, own });
  const result = concludeDelivery(context, mail.messageId, outcome);
  if ("refused" in result) throw refusal(mail, result.refused);
  return result;
};
