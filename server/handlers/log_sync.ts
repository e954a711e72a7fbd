import { LOG_PAGE } from "../../protocol/limits.ts";
import type { logSync } from "../../protocol/messages/log_sync.ts";
import type { Handler } from "./handler.ts";

/** The key log from a place on. Past the end there is the head alone, which tells how much there is. */
export const handleLogSync: Handler<typeof logSync> = async ({ office }, { from }) => {
  const { head, leaves } = await office.keyLog.page(from, LOG_PAGE);
  return { head: head.note, leaves: [...leaves] };
};
