import { MailsecError } from "../crypto/errors.ts";

/**
 * Why a store failed; callers may switch on these.
 * - `store_newer`: written by a newer mailsec; the file was not touched.
 * - `store_foreign`: not a mail store.
 * - `store_corrupt`: a mail store with damage.
 * - `store_busy`: another process held the file for longer than the store waits.
 * - `store_full`: no room on the disk.
 * - `store_closed`: used after close.
 * - `store_misuse`: an argument that the contract rules out.
 * - `store_failed`: anything else that the storage reports.
 */
export type StoreErrorCode =
  | "store_newer"
  | "store_foreign"
  | "store_corrupt"
  | "store_busy"
  | "store_full"
  | "store_closed"
  | "store_misuse"
  | "store_failed";

/** Trouble with the storage, or with how it is used. */
export class StoreError extends MailsecError {
  override readonly name = "StoreError";
  declare readonly code: StoreErrorCode;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(code, message, options);
  }
}
