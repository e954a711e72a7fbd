/** The server's own errors, a class for each thing that an administrator can act on. */

import { MailsecError, type MailsecErrorOptions } from "../crypto/errors.ts";

/**
 * A setting that cannot be used; the message names it and where it comes from. Its code is that of
 * every mistake in how a command is called.
 */
export class SettingError extends MailsecError {
  override name = "SettingError";

  constructor(message: string, options: MailsecErrorOptions = {}) {
    super("usage", message, options);
  }
}

/**
 * - `data_folder`: the data folder cannot be used.
 * - `data_folder_in_use`: another server runs on it.
 * - `data_folder_unsafe`: others on this machine can read what must be secret.
 * - `key_passphrase`: the key file is sealed, and the pass phrase is missing or wrong.
 */
export type DataFolderErrorCode =
  | "data_folder"
  | "data_folder_in_use"
  | "data_folder_unsafe"
  | "key_passphrase";

/** Trouble with the data folder or a file of keys in it. */
export class DataFolderError extends MailsecError {
  override name = "DataFolderError";

  constructor(code: DataFolderErrorCode, message: string, options: MailsecErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The server cannot listen on the address it was told. */
export class ListenError extends MailsecError {
  override name = "ListenError";

  constructor(message: string, options: MailsecErrorOptions = {}) {
    super("listen", message, options);
  }
}

/** `user_unknown`: no such account. `user_exists`: the name is taken. `user_state`: not now. */
export class AccountError extends MailsecError {
  override name = "AccountError";

  constructor(
    code: "user_unknown" | "user_exists" | "user_state",
    message: string,
    options: MailsecErrorOptions = {},
  ) {
    super(code, message, options);
  }
}

/** What a compartment of the server reports of an error: safe to pass on and to show. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** The report of a deliberate error; of anything else only its kind and where it happened. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof MailsecError) {
    const { code, message, hint } = error;
    return hint === undefined ? { code, message } : { code, message, hint };
  }
  return { code: "internal", message: internalMessage(error) };
}

/** A deliberate error again, on the other side of a worker's port. */
export function errorOf(report: ErrorReport): MailsecError {
  const options = report.hint === undefined ? {} : { hint: report.hint };
  return new MailsecError(report.code, report.message, options);
}

/** Kind, message and first place in the code; never a value other than what the message has. */
function internalMessage(error: unknown): string {
  if (!(error instanceof Error)) return "something that is not an error was thrown";
  const place = /\n\s+at (?:.*\()?.*?([\w.-]+\.ts:\d+:\d+)/.exec(error.stack ?? "")?.[1];
  return `${error.name}: ${error.message}${place === undefined ? "" : ` (${place})`}`;
}
