import { ServerError } from "../../protocol/error_codes.ts";
import type { putState } from "../../protocol/messages/put_state.ts";
import type { Handler } from "./handler.ts";

/** Replaces the user's sealed account state. */
export const handlePutState: Handler<typeof putState> = async ({ tag, office }, request) => {
  const sealed = office.atRest.seal("state", tag, request.sealed);
  const revision = await office.store.saveState(tag, request.revision, sealed);
  if (revision === null) throw new ServerError("conflict");
  return { revision };
};
