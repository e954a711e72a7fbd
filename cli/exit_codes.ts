/**
 * Exit codes of the command line, and which error ends with which.
 *
 * | code | meaning |
 * | ---- | ------- |
 * | 0 | done |
 * | 1 | failed |
 * | 2 | usage: the command line, or a question that nobody is there to answer |
 * | 3 | cannot connect: no server there, it is full or shutting down, or the handshake broke |
 * | 4 | login refused: wrong user name or password, bad invite, account disabled |
 * | 5 | trust: an identity changed, or a signature does not verify |
 * | 130 | interrupted with Ctrl-C |
 */

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_CONNECT = 3;
export const EXIT_LOGIN = 4;
export const EXIT_TRUST = 5;
export const EXIT_INTERRUPTED = 130;

/** Exit code by the stable `code` of an error; every code that is not here ends with 1. */
const EXIT_BY_ERROR_CODE: ReadonlyMap<string, number> = new Map([
  ["usage", EXIT_USAGE],
  ["connect", EXIT_CONNECT],
  ["send_interrupted", EXIT_CONNECT],
  ["truncation", EXIT_CONNECT],
  ["handshake", EXIT_CONNECT],
  ["server_full", EXIT_CONNECT],
  ["busy", EXIT_CONNECT],
  ["too_many_sessions", EXIT_CONNECT],
  ["shutting_down", EXIT_CONNECT],
  ["login", EXIT_LOGIN],
  ["disabled", EXIT_LOGIN],
  ["invite_refused", EXIT_LOGIN],
  ["invite_unknown", EXIT_LOGIN],
  ["invite_expired", EXIT_LOGIN],
  ["account_taken", EXIT_LOGIN],
  ["server_unknown", EXIT_TRUST],
  ["record_expired", EXIT_TRUST],
  ["record_rollback", EXIT_TRUST],
  ["record_version", EXIT_TRUST],
  ["record_signature", EXIT_TRUST],
  ["record_realm", EXIT_TRUST],
  ["invite_mismatch", EXIT_TRUST],
  ["identity_signature", EXIT_TRUST],
  ["identity_user", EXIT_TRUST],
  ["content_mismatch", EXIT_TRUST],
  ["server_changed", EXIT_TRUST],
  ["key_changed", EXIT_TRUST],
  ["mail_rejected", EXIT_TRUST],
  ["signature", EXIT_TRUST],
  ["interrupted", EXIT_INTERRUPTED],
]);

/** The exit code for whatever a command has thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return EXIT_BY_ERROR_CODE.get(error.code) ?? EXIT_FAILED;
  }
  return EXIT_FAILED;
}
