/**
 * The client's errors, a class for each thing that a face can act on. All carry a stable `code`,
 * a message that says what was being done, and mostly a `hint`.
 *
 * | class | exit code of the command line |
 * | --- | --- |
 * | ConnectError | 3 |
 * | LoginError | 4 |
 * | TrustError (of crypto/), KeyChangedError, RejectedMailError | 5 |
 * | every other MailsecError (a refusal by the server is protocol/'s ServerError) | 1 |
 */

import { MailsecError } from "../crypto/errors.ts";
import type { SealedOutgoing } from "./mailbox_types.ts";

interface Detail {
  readonly hint?: string;
  readonly cause?: unknown;
}

/** No connection, a connection that was lost, or no mailsec server at the other end. */
export class ConnectError extends MailsecError {
  override name = "ConnectError";
}

/** The server does not let this user in. */
export class LoginError extends MailsecError {
  override name = "LoginError";
}

/** Recipients that cannot get this mail; nothing was sent. */
export class RecipientsError extends MailsecError {
  override name = "RecipientsError";

  constructor(
    code: "no_recipients" | "too_many_recipients" | "bad_recipient_names" | "unknown_recipients",
    message: string,
    readonly names: readonly string[],
    detail: Detail = {},
  ) {
    super(code, message, detail);
  }
}

/** A title, a body or a whole message over the limit; nothing was sent. */
export class TooLargeError extends MailsecError {
  override name = "TooLargeError";

  /** @param what Which of them, to ask again for that one only. */
  constructor(readonly what: "title" | "body" | "message", message: string, detail: Detail = {}) {
    super("too_large", message, detail);
  }
}

/** The keys of contacts are not those seen before; nothing was sent. */
export class KeyChangedError extends MailsecError {
  override name = "KeyChangedError";

  /** @param changes Old and new fingerprint of each, as people compare them. */
  constructor(
    readonly changes: readonly {
      readonly user: string;
      readonly before: string;
      readonly now: string;
      /** `reset`: an administrator has given the name to the new keys; else nothing explains them. */
      readonly state: "changed" | "reset";
    }[],
    message: string,
    detail: Detail = {},
  ) {
    super("key_changed", message, detail);
  }

  get names(): string[] {
    return this.changes.map((change) => change.user);
  }
}

/** The connection was lost and it is not known whether the server has the mail. */
export class SendInterruptedError extends ConnectError {
  override name = "SendInterruptedError";

  /** @param sealed Send this very one again: it will be neither lost nor doubled. */
  constructor(readonly sealed: SealedOutgoing, message: string, detail: Detail = {}) {
    super("send_interrupted", message, detail);
  }
}

/** There is no mail with that index or id. */
export class NotFoundError extends MailsecError {
  override name = "NotFoundError";

  constructor(message: string, detail: Detail = {}) {
    super("not_found", message, detail);
  }
}

/** The mail failed a check of authenticity and is not shown. */
export class RejectedMailError extends MailsecError {
  override name = "RejectedMailError";

  constructor(readonly reason: string, message: string, detail: Detail = {}) {
    super("mail_rejected", message, detail);
  }
}

/** A file of the client's configuration is unreadable, unsafe or damaged. */
export class ConfigError extends MailsecError {
  override name = "ConfigError";

  constructor(message: string, detail: Detail = {}) {
    super("config", message, detail);
  }
}
