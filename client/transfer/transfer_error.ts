/** Why an export or an import cannot be done at all; what is wrong with one mail is a TransferProblem. */

import { MailsecError } from "../../crypto/errors.ts";

export class TransferError extends MailsecError {
  override name = "TransferError";

  /**
   * @param code `output_exists`: something else is there; `output_changed`: an unfinished export
   *   was changed; `output_busy`: another mailsec is writing it; `file`: it cannot be read or
   *   written.
   */
  constructor(
    code: "output_exists" | "output_changed" | "output_busy" | "file",
    message: string,
    detail: { hint?: string; cause?: unknown } = {},
  ) {
    super(code, message, detail);
  }
}
