import type { Entry } from "../../mailstore/mailbox_store.ts";
import type { MailboxEntry } from "../../protocol/messages/list.ts";
import type { Office } from "./handler.ts";
import { openMeta } from "./incoming_mail.ts";
import { withinBudget } from "./reply_budget.ts";

/** Length of an entry's fields beside what its owner has sealed, about, in bytes. */
const FIXED_BYTES = 64;

/** Entries of a mailbox as their owner gets them: as many as fit a reply. */
export function entriesForReply(office: Office, entries: readonly Entry[]): MailboxEntry[] {
  const fitting = withinBudget(entries, ({ sealed }) => FIXED_BYTES + (sealed?.length ?? 0));
  return fitting.map(({ index, messageId, meta, contentLength, revision, sealed }) => ({
    index,
    messageId,
    arrived: openMeta(office.atRest, messageId, meta).arrived,
    contentLength,
    revision,
    sealed,
  }));
}
