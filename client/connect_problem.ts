/** What went wrong on the way to a session, in words and types that a user can act on. */

import { HandshakeError, MailsecError, TruncationError } from "../crypto/errors.ts";
import { type ErrorCode, ServerError } from "../protocol/error_codes.ts";
import { FrameError } from "../protocol/frame.ts";
import { ConnectionLostError, ProtocolError } from "../protocol/session_errors.ts";
import { addressText, type ServerAddress } from "./address.ts";
import { ConnectError, LoginError } from "./errors.ts";

/** Waits for a step of the way to a session; failures of the connection become ConnectError. */
export async function asConnectError<T>(address: ServerAddress, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw connectProblem(address, error);
  }
}

/**
 * The error to tell about. What is no failure of the connection (a TrustError, a wrong password)
 * is left as it is.
 */
export function connectProblem(address: ServerAddress, cause: unknown): unknown {
  const where = addressText(address);
  if (cause instanceof ServerError) return refusal(cause);
  if (cause instanceof ConnectionLostError) return lost(where, cause);
  if (cause instanceof FrameError || cause instanceof ProtocolError) {
    return new ConnectError("no_server", `${where} does not answer like a mailsec server.`, {
      hint: "Check the host and the port; both ends need the same version of mailsec.",
      cause,
    });
  }
  if (cause instanceof HandshakeError || cause instanceof TruncationError) {
    return new ConnectError("handshake", `No secure connection to ${where} could be set up.`, {
      hint: "The connection was changed on the way, or the server is broken. Try again.",
      cause,
    });
  }
  return cause;
}

/** Why a server ends a session; with another session one may go on. */
const SESSION_ENDS: ReadonlySet<ErrorCode> = new Set(
  ["shutting_down", "credentials_changed"] as const,
);

/** Whether an error means that the connection is gone, so that another one may do better. */
export function isConnectionLoss(error: unknown): boolean {
  return error instanceof ConnectionLostError || error instanceof ProtocolError ||
    (error instanceof ServerError && SESSION_ENDS.has(error.code));
}

function lost(where: string, cause: ConnectionLostError): MailsecError {
  switch (cause.stage) {
    case "record":
      return new ConnectError("no_server", `${where} does not answer like a mailsec server.`, {
        hint: "Check the host and the port. Perhaps the server is busy: then try again.",
        cause,
      });
    case "hello":
      return new ConnectError("handshake", `The server at ${where} closed the connection.`, {
        hint: "It may have changed its keys in this moment, or be busy. Try again.",
        cause,
      });
    case "login":
      return new LoginError("login_refused", `The server at ${where} refused the login.`, {
        hint: "Check the user name, then wait a minute and try again: after several wrong " +
          "passwords, or when many log in at once, the server makes one wait.",
        cause,
      });
    case "session":
      return new ConnectError("connection_lost", `The connection to ${where} was lost.`, {
        hint: "Try again: nothing will be done twice.",
        cause,
      });
  }
}

function refusal(cause: ServerError): MailsecError {
  const detail = { cause, ...(cause.hint === undefined ? {} : { hint: cause.hint }) };
  switch (cause.code) {
    case "credentials_changed":
      return new LoginError("credentials_changed", cause.message, detail);
    case "disabled":
      return new LoginError("disabled", `Login refused: ${cause.message}`, detail);
    case "server_full":
    case "busy":
    case "too_many_sessions":
    case "shutting_down":
      return new ConnectError(cause.code, `Cannot connect: ${cause.message}`, detail);
    default:
      return cause;
  }
}
