/** Ctrl-C while something waits and no question is open: it ends the waiting, not the program. */

/** Runs something that ends early when its signal says so, which Ctrl-C makes it do. */
export async function endedByCtrlC<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  Deno.addSignalListener("SIGINT", stop);
  try {
    return await work(controller.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
  }
}
