import { ServerError } from "../../protocol/error_codes.ts";
import type { sendChunk } from "../../protocol/messages/send_chunk.ts";
import type { Handler } from "./handler.ts";

/**
 * Takes the next piece of an upload. The piece that was taken last, sent again because its answer
 * was lost, is answered as it was then.
 */
export const handleSendChunk: Handler<typeof sendChunk> = async ({ tag, office }, request) => {
  const received = await office.store.appendContent({ owner: tag, ...request });
  if (received === null) throw new ServerError("not_found");
  if (received !== request.offset + request.data.length) throw new ServerError("conflict");
  return { received };
};
