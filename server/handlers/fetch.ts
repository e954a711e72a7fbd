import { REPLY_BUDGET_BYTES } from "../../protocol/limits.ts";
import type { fetchMails } from "../../protocol/messages/fetch.ts";
import type { Handler } from "./handler.ts";
import { withinBudget } from "./reply_budget.ts";

/** Headers and summaries of mails in the user's mailbox. */
export const handleFetch: Handler<typeof fetchMails> = async ({ tag, office }, { messageIds }) => {
  const maxBytes = REPLY_BUDGET_BYTES;
  const parts = await office.store.mailParts(tag, messageIds, { maxBytes });
  const fitting = withinBudget(parts, ({ header, summary }) => header.length + summary.length);
  return {
    mails: fitting.map(({ messageId, header, summary }) => ({
      messageId,
      header: office.atRest.open("header", messageId, header),
      summary,
    })),
  };
};
