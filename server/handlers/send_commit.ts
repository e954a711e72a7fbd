import { ServerError } from "../../protocol/error_codes.ts";
import type { sendCommit } from "../../protocol/messages/send_commit.ts";
import type { Handler } from "./handler.ts";
import { concludeDelivery, sealMeta } from "./incoming_mail.ts";

/** Delivers what was uploaded; it arrives now, not when the upload began. */
export const handleSendCommit: Handler<typeof sendCommit> = async (context, request) => {
  const { messageId, ownEntry: own } = request;
  const { user, tag, office } = context;
  const meta = sealMeta(office.atRest, messageId, { arrived: office.now(), from: user });
  const outcome = await office.store.commitStaged({ owner: tag, messageId, meta, own });
  if (outcome.outcome === "not_staged") throw new ServerError("not_found");
  if (outcome.outcome === "incomplete") throw new ServerError("conflict");
  const result = concludeDelivery(context, messageId, outcome);
  if ("refused" in result) {
    throw new ServerError("unknown_recipients", await office.accounts.namesOf(result.refused));
  }
  return result;
};
