import { MailsecError } from "../crypto/errors.ts";

/** A message, in bytes or as a value, that is not what its schema allows. Code `codec`. */
export class CodecError extends MailsecError {
  override readonly name = "CodecError";

  constructor(message: string, options: { cause?: unknown } = {}) {
    super("codec", message, options);
  }
}
