/** The world as the command line sees it, behind an interface so that tests can stand in for it. */

import { MailsecError } from "../crypto/errors.ts";
import type { CommandLineIo } from "./command.ts";

/** Whoever read our standard output has stopped doing so (`mailsec list | head`). */
export class ClosedPipeError extends MailsecError {
  override name = "ClosedPipeError";

  constructor(cause: unknown) {
    super("closed_pipe", "Nobody reads the output any more.", { cause });
  }
}

/**
 * The real streams, terminal and environment of this process.
 *
 * @param askSecret See CommandLineIo; given the means to read the environment.
 */
export function processIo(
  askSecret: (question: string, env: CommandLineIo["env"]) => Promise<string | null>,
): CommandLineIo {
  return {
    stdout: (text) => write(Deno.stdout, text),
    // What cannot be told because standard error is closed is not worth failing for.
    stderr: (text) => write(Deno.stderr, text).catch(() => {}),
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    stderrIsTerminal: Deno.stderr.isTerminal(),
    get columns() {
      return terminalColumns();
    },
    askSecret: (question) => askSecret(question, readEnv),
    env: readEnv,
    giveUpRunning: () => void Deno.permissions.revokeSync({ name: "run" }),
  };
}

async function write(
  stream: { write(bytes: Uint8Array): Promise<number> },
  text: string | Uint8Array,
): Promise<void> {
  let rest = typeof text === "string" ? new TextEncoder().encode(text) : text;
  try {
    while (rest.length > 0) rest = rest.subarray(await stream.write(rest));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new ClosedPipeError(error);
    throw error;
  }
}

function terminalColumns(): number {
  try {
    // Refused when no standard stream is a terminal; zero in some pseudo-terminals.
    const { columns } = Deno.consoleSize();
    if (columns > 0) return columns;
  } catch {
    // Not a terminal: what the environment says counts, then the usual width.
  }
  const stated = Number(readEnv("COLUMNS"));
  return Number.isInteger(stated) && stated > 0 ? stated : 80;
}

function readEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
