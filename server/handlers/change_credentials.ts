import { ServerError } from "../../protocol/error_codes.ts";
import type { changeCredentials as message } from "../../protocol/messages/change_credentials.ts";
import { changeCredentials } from "../vault/credentials.ts";
import type { Handler } from "./handler.ts";

/**
 * Replaces what opens the user's account. Sessions on other devices end: what they were opened with
 * does not count any more. This one goes on, with the new keys where there are any.
 */
export const handleChangeCredentials: Handler<typeof message> = async (
  { user, tag, session, office },
  next,
) => {
  if (next.identity !== null) await office.allow("rotation", user);
  const changed = await changeCredentials(office.accounts, { user, next });
  if (changed.outcome !== "changed") {
    throw new ServerError(changed.outcome === "stale" ? "conflict" : "bad_request");
  }
  session.fingerprint = changed.identity.fingerprint;
  office.endSessions(tag, "credentials_changed", session);
  if (next.identity === null) return { receipt: null };
  const { note: head } = await office.keyLog.head();
  return { receipt: { index: changed.index, head } };
};
