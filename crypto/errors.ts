/**
 * The errors that are thrown on purpose. Everything mailsec throws deliberately, in any layer,
 * extends {@linkcode MailsecError}; anything else that surfaces is a bug.
 *
 * What failed inside a decryption or a handshake is never told: one class, one message for all
 * causes, so that neither the peer nor a log line becomes an oracle.
 */

export interface MailsecErrorOptions {
  /** What the user can do about it, one sentence. */
  hint?: string;
  /** What led to it. For the log only, never for the peer. */
  cause?: unknown;
}

/** The base of all deliberate errors. Callers switch on `code`, never on the message. */
export class MailsecError extends Error {
  override name = "MailsecError";
  readonly code: string;
  readonly hint?: string;

  constructor(code: string, message: string, options: MailsecErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** Bytes or text that do not have the form they must have. The message says which form. */
export class FormatError extends MailsecError {
  override name = "FormatError";

  constructor(message: string, options: MailsecErrorOptions = {}) {
    super("format", message, options);
  }
}

/** Something sealed could not be opened: wrong key, changed, or cut. Which one is not said. */
export class DecryptionError extends MailsecError {
  override name = "DecryptionError";

  constructor() {
    super("decryption", "The data cannot be decrypted: the key is wrong or the data was changed.");
  }
}

/** A signature that must be valid is not. */
export class SignatureError extends MailsecError {
  override name = "SignatureError";

  constructor(message = "The signature is not valid.", options: MailsecErrorOptions = {}) {
    super("signature", message, options);
  }
}

/** The handshake cannot go on. The peer learns only that the connection is closed. */
export class HandshakeError extends MailsecError {
  override name = "HandshakeError";

  constructor() {
    super("handshake", "The secure connection could not be set up.");
  }
}

/** Records were changed, lost, repeated or reordered, or the connection ended without a close. */
export class TruncationError extends MailsecError {
  override name = "TruncationError";

  constructor() {
    super("truncation", "The connection was cut off or changed on the way.");
  }
}
