import { type Bytes, toHex } from "../../crypto/bytes.ts";
import type { Entry } from "../../mailstore/mailbox_store.ts";
import { REPLY_BUDGET_BYTES } from "../../protocol/limits.ts";
import type { entries } from "../../protocol/messages/entries.ts";
import type { Handler } from "./handler.ts";
import { entriesForReply } from "./mailbox_entries.ts";

/** Particular entries of the user's mailbox, in the order asked for. */
export const handleEntries: Handler<typeof entries> = async ({ tag, office }, wanted) => {
  const found = await office.store.findEntries(tag, { ...wanted, maxBytes: REPLY_BUDGET_BYTES });
  const byIndex = new Map(found.map((entry) => [entry.index, entry]));
  const byId = new Map(found.map((entry) => [toHex(entry.messageId), entry]));
  const inOrder = new Set<Entry | undefined>([
    ...wanted.indices.map((index) => byIndex.get(index)),
    ...wanted.messageIds.map((id: Bytes) => byId.get(toHex(id))),
  ]);
  const known = [...inOrder].filter((entry) => entry !== undefined);
  return { entries: entriesForReply(office, known) };
};
