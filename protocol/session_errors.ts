/** How a connection may end other than well, as the client sees it. */
import { MailsecError } from "../crypto/errors.ts";

/** What the two ends were at when the connection ended. */
export type Stage =
  /** Before the server record had come. */
  | "record"
  /** After M1: a server without the key that M1 was made for says nothing and closes. */
  | "hello"
  /** After M3: a server that refuses a login or a registration says nothing and closes. */
  | "login"
  /** The session was open. */
  | "session";

/**
 * The connection ended without a word. Code `connection_lost`. Requests that were open may or may
 * not have been done; every request may be asked again, on a new connection, and is done once.
 */
export class ConnectionLostError extends MailsecError {
  override readonly name = "ConnectionLostError";
  readonly stage: Stage;

  constructor(stage: Stage, options: { cause?: unknown } = {}) {
    super("connection_lost", "The connection to the server was lost.", {
      ...options,
      hint: "Connect and try again; nothing will be done twice.",
    });
    this.stage = stage;
  }
}

/** The peer broke the rules of the session. Code `protocol`. */
export class ProtocolError extends MailsecError {
  override readonly name = "ProtocolError";

  constructor(message: string, options: { cause?: unknown } = {}) {
    super("protocol", message, {
      ...options,
      hint: "The server is damaged or dishonest, or of another version of mailsec: ask its " +
        "administrator.",
    });
  }
}
