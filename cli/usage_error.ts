/** A command line that cannot be run as it stands. Ends with exit code 2. */

import { MailsecError } from "../crypto/errors.ts";

export class UsageError extends MailsecError {
  override name = "UsageError";

  /**
   * @param message What is wrong with the command line, one line.
   * @param hint What to do about it; mostly the name of a flag or of a `--help`.
   */
  constructor(message: string, hint?: string) {
    super("usage", message, hint === undefined ? {} : { hint });
  }
}
