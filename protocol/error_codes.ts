/**
 * What a server may say when it refuses: a code for programs, a text and a hint for people.
 * Only these leave the server; causes stay in its log.
 */
import { MailsecError } from "../crypto/errors.ts";

const TEXTS = {
  server_full: ["the server is full", "try again when somebody has left"],
  busy: ["the server is busy", "try again in a few seconds"],
  too_many_sessions: ["you are connected too many times", "end one of your other sessions"],
  unknown_recipients: ["unknown or disabled recipients", "check the names; nothing was sent"],
  no_recipients: ["the mail has no recipients", "name at least one"],
  too_large: ["larger than this server takes", "make it smaller or split it"],
  too_many_recipients: ["more recipients than this server takes", "send it in several mails"],
  not_found: ["not found", "it may have been removed; list again"],
  conflict: ["changed in the meantime from another session", "read it again and repeat the change"],
  bad_request: ["the server did not understand the request", "both ends need the same version"],
  internal: [
    "the server failed",
    "try again; the administrator finds the reason in the server's log",
  ],
  disabled: ["this account is disabled", "ask the administrator"],
  shutting_down: ["the server is shutting down", "try again in a minute"],
  quota: ["the mailbox has no room left", "remove mails that are no longer needed"],
  sender_mismatch: ["the mail names another sender", "send it from the account that is logged in"],
  id_reused: ["another mail has this id already", "seal the mail again and send it"],
} as const satisfies Record<string, readonly [text: string, hint: string]>;

/** A code that may travel in an error reply, an ERROR record or a `closing` event. */
export type ErrorCode = keyof typeof TEXTS;

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(TEXTS) as ErrorCode[];

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(TEXTS, value);
}

/** The code as one sentence without a full stop, and what can be done about it. */
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
    super(code, names.length === 0 ? text : `${text}: ${names.join(", ")}`, { hint });
    this.names = names;
  }
}
