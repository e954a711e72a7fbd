/**
 * What a server may say when it refuses: a code for programs, a text and a hint for people.
 * Only these leave the server; causes stay in its log.
 *
 * Bytes: docs/protocol.md, 7.
 */
import { MailsecError } from "../crypto/errors.ts";

const TEXTS = {
  server_full: ["The server is full", "Try again when somebody has left."],
  busy: ["The server is busy", "Try again in a few seconds."],
  too_many_sessions: ["You are connected too many times", "End one of your other sessions."],
  unknown_recipients: ["Unknown or disabled recipients", "Check the names; nothing was sent."],
  too_large: ["This is larger than the server takes", "Make it smaller or split it."],
  not_found: ["The server does not have it", "It may have been removed; list again."],
  conflict: ["Another session has changed it meanwhile", "Read it again and repeat the change."],
  bad_request: ["The server did not understand", "Both ends need the same version of mailsec."],
  internal: ["The server failed", "Try again; the administrator finds the reason in its log."],
  disabled: ["This account is disabled", "Ask the administrator."],
  credentials_changed: [
    "The password or the keys of this account were changed on another device",
    "Connect again with what is valid now; if it was not you, tell the administrator at once.",
  ],
  too_often: ["This was done too often in a short time", "Try again in a few minutes."],
  not_admin: ["Only an administrator may do this", "Ask one of the administrators."],
  user_exists: [
    "There is an account of this name already",
    "Choose another name, or reset the account if its owner cannot get in any more.",
  ],
  user_unknown: ["There is no account of this name", "Check the name."],
  shutting_down: ["The server is shutting down", "Try again in a minute."],
  sender_mismatch: ["The mail names another sender", "Send it from the account it names."],
  id_reused: ["Another mail has this id already", "Seal the mail again and send it."],
} as const satisfies Record<string, readonly [text: string, hint: string]>;

/** A code that may travel in an error reply, an ERROR record or a `closing` event. */
export type ErrorCode = keyof typeof TEXTS;

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(TEXTS) as ErrorCode[];

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(TEXTS, value);
}

/** What the code means, one sentence without its full stop, and what can be done about it. */
export function errorText(code: ErrorCode): { text: string; hint: string } {
  const [text, hint] = TEXTS[code];
  return { text, hint };
}

/** A refusal by the server, in the words of {@link errorText}; `code` is the error code. */
export class ServerError extends MailsecError {
  override readonly name = "ServerError";
  declare readonly code: ErrorCode;
  /** Whom it is about: for `unknown_recipients` the names that failed. */
  readonly names: readonly string[];

  constructor(code: ErrorCode, names: readonly string[] = []) {
    const { text, hint } = errorText(code);
    super(code, names.length === 0 ? `${text}.` : `${text}: ${names.join(", ")}.`, { hint });
    this.names = names;
  }
}
