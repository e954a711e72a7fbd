import type { removeMails } from "../../protocol/messages/remove_mails.ts";
import type { Handler } from "./handler.ts";

/** Takes mails out of the user's mailbox. */
export const handleRemoveMails: Handler<typeof removeMails> = async (context, { messageIds }) => {
  const { tag, session, office } = context;
  const removed = await office.store.removeEntries(tag, messageIds);
  if (removed > 0) office.tellChanged(session);
  return { removed };
};
