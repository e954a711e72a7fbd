import { ServerError } from "../../protocol/error_codes.ts";
import type { content } from "../../protocol/messages/content.ts";
import type { Handler } from "./handler.ts";

/** A piece of the content of a mail in the user's mailbox. */
export const handleContent: Handler<typeof content> = async ({ tag, office }, range) => {
  const piece = await office.store.readContent(tag, range);
  if (piece === null) throw new ServerError("not_found");
  return piece;
};
