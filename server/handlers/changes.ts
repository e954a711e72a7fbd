import { REPLY_BUDGET_BYTES } from "../../protocol/limits.ts";
import type { changes } from "../../protocol/messages/changes.ts";
import type { Handler } from "./handler.ts";
import { entriesForReply } from "./mailbox_entries.ts";

/** What has changed in the user's mailbox. */
export const handleChanges: Handler<typeof changes> = async ({ tag, office }, wanted) => {
  const maxBytes = REPLY_BUDGET_BYTES / 2;
  const { reset, next, more, entries, removed } = await office.store.listChanges(tag, {
    ...wanted,
    maxBytes,
  });
  // All of them fit, for half of the budget is more than what comes with them.
  return { reset, next, more, entries: entriesForReply(office, entries), removed: [...removed] };
};
