import type { getState } from "../../protocol/messages/get_state.ts";
import type { Handler } from "./handler.ts";

/** The user's sealed account state. */
export const handleGetState: Handler<typeof getState> = async ({ tag, office }) => {
  const { revision, sealed } = await office.store.state(tag);
  return { revision, sealed: sealed && office.atRest.open("state", tag, sealed) };
};
