import { streamSealedLength } from "../../crypto/stream.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { sendBegin } from "../../protocol/messages/send_begin.ts";
import type { Handler } from "./handler.ts";
import { checkMail, refusal } from "./incoming_mail.ts";

/** Padmé makes a content longer by less than an eighth. */
const PADDING_SHARE = 8;

/** Starts an upload, or finds the one to go on with; recipients are checked before content comes. */
export const handleSendBegin: Handler<typeof sendBegin> = async (context, request) => {
  const { tag, office } = context;
  const { contentLength } = request;
  const greatest = Math.ceil(office.maxMessageBytes * (1 + 1 / PADDING_SHARE));
  if (contentLength > streamSealedLength(greatest)) throw new ServerError("too_large");
  const mail = checkMail(context, request);
  const staged = await office.store.stage({
    ...mail,
    owner: tag,
    contentLength,
    now: mail.arrived,
  });
  switch (staged.outcome) {
    case "staged":
      return { received: staged.received, done: false };
    case "done":
      return { received: contentLength, done: true };
    case "refused":
      throw refusal(mail, staged.tags);
    case "too_large":
      throw new ServerError("too_large");
    case "id_reused":
      throw new ServerError("id_reused");
  }
};
