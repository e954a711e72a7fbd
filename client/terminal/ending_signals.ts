/** Signals that ask the program to end: a terminal that is closed, a machine that is shut down. */

/** With the exit code that a shell would report for each. */
const ENDING_SIGNALS = [["SIGHUP", 129], ["SIGTERM", 143]] as const;
/** How long the program may then save what was begun. */
const GRACE_MS = 10_000;

/**
 * Runs something when such a signal comes. The program is to end by itself then, with the signal's
 * exit code whatever its own would be; after a few seconds it is ended.
 *
 * @returns A function that lets signals end the program at once again.
 */
export function atEndingSignal(work: () => void): () => void {
  // Windows has neither signal, and its consoles reset themselves.
  if (Deno.build.os === "windows") return () => {};
  const listeners = ENDING_SIGNALS.map(([signal, code]) => {
    const listener = () => {
      globalThis.addEventListener("unload", () => Deno.exitCode = code);
      Deno.unrefTimer(setTimeout(() => Deno.exit(code), GRACE_MS));
      work();
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}
