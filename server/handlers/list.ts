import { REPLY_BUDGET_BYTES } from "../../protocol/limits.ts";
import type { list } from "../../protocol/messages/list.ts";
import type { Handler } from "./handler.ts";
import { entriesForReply } from "./mailbox_entries.ts";

/** A page of the user's mailbox, newest first. */
export const handleList: Handler<typeof list> = async ({ tag, office }, page) => {
  const { total, modseq, entries } = await office.store.listEntries(tag, {
    ...page,
    maxBytes: REPLY_BUDGET_BYTES,
  });
  return { total, modseq, entries: entriesForReply(office, entries) };
};
