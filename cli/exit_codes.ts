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

/** Exit code by the class of an error, as its `name` says it; the client's classes mostly. */
const EXIT_BY_CLASS: ReadonlyMap<string, number> = new Map([
  ["ConnectError", EXIT_CONNECT],
  ["SendInterruptedError", EXIT_CONNECT],
  ["HandshakeError", EXIT_CONNECT],
  ["TruncationError", EXIT_CONNECT],
  ["LoginError", EXIT_LOGIN],
  ["TrustError", EXIT_TRUST],
  ["SignatureError", EXIT_TRUST],
  ["KeyChangedError", EXIT_TRUST],
  ["RejectedMailError", EXIT_TRUST],
  ["InterruptedError", EXIT_INTERRUPTED],
]);

/** Exit code by the stable `code` of an error, where the class does not say it. */
const EXIT_BY_CODE: ReadonlyMap<string, number> = new Map([
  ["usage", EXIT_USAGE],
  ["server_full", EXIT_CONNECT],
  ["busy", EXIT_CONNECT],
  ["too_many_sessions", EXIT_CONNECT],
  ["shutting_down", EXIT_CONNECT],
  ["disabled", EXIT_LOGIN],
]);

/** The exit code for whatever a command has thrown; 1 for everything not named here. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error)) return EXIT_FAILED;
  const byClass = EXIT_BY_CLASS.get(error.name);
  if (byClass !== undefined) return byClass;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return EXIT_BY_CODE.get(code) ?? EXIT_FAILED;
}
