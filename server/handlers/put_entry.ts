import type { putEntry } from "../../protocol/messages/put_entry.ts";
import type { Handler } from "./handler.ts";

/** Replaces sealed entries of the user's mailbox. */
export const handlePutEntry: Handler<typeof putEntry> = async (context, { items }) => {
  const { tag, session, office } = context;
  const results = await office.store.putEntries(tag, items);
  if (results.some(({ ok }) => ok)) office.tellChanged(session);
  return { results };
};
