/** Runs a command line: parses it, loads the command, and turns what it throws into an exit code. */

import { MailsecError } from "../crypto/errors.ts";
import type { CommandContext, CommandLineIo, Program } from "./command.ts";
import { escapeLine } from "./escape.ts";
import { EXIT_OK, EXIT_USAGE, exitCodeOf } from "./exit_codes.ts";
import { ClosedPipeError } from "./io.ts";
import { parseCommandLine } from "./parse.ts";
import { styleFor, wantsColour } from "./style.ts";

export interface Invocation {
  readonly program: Program;
  readonly version: string;
  /** What follows the tool's name. */
  readonly words: readonly string[];
}

/**
 * Runs one command line to its end and returns the exit code (see exit_codes.ts). Never throws:
 * errors go to standard error as `mailsec: message` and `  hint: …`; with `MAILSEC_DEBUG=1`
 * also with their causes and stacks. A reader that closes our output early is no error.
 */
export async function runCommandLine(invocation: Invocation, io: CommandLineIo): Promise<number> {
  try {
    return await dispatch(invocation, io);
  } catch (error) {
    if (error instanceof ClosedPipeError) return EXIT_OK;
    await io.stderr(await describeError(invocation.program.name, error, io));
    return exitCodeOf(error);
  }
}

async function dispatch(
  { program, version, words }: Invocation,
  io: CommandLineIo,
): Promise<number> {
  const parsed = parseCommandLine(program, words);
  if (parsed.action === "version") {
    await io.stdout(`${program.name} ${version}\n`);
    return EXIT_OK;
  }
  if (parsed.action === "help") {
    const { helpText } = await import("./help.ts");
    const stream = parsed.asked ? "stdout" : "stderr";
    const style = styleFor(colour(io, stream));
    await io[stream](helpText(program, parsed.path, { width: io.columns, style }));
    return parsed.asked ? EXIT_OK : EXIT_USAGE;
  }
  const { command, commandName, args, options } = parsed;
  if (command.load === undefined) {
    throw new TypeError(`the command table has no code for "${commandName}"`);
  }
  // Before any code of the command is there: a server, for one, must never start a program.
  if (!command.runs) io.giveUpRunning?.();
  const module = await command.load();
  const context: CommandContext = {
    args,
    options,
    commandName,
    program,
    stdout: io.stdout,
    stderr: io.stderr,
    stdinIsTerminal: io.stdinIsTerminal,
    stdoutIsTerminal: io.stdoutIsTerminal,
    stderrIsTerminal: io.stderrIsTerminal,
    get columns() {
      return io.columns;
    },
    colour: (stream) => colour(io, stream),
    askSecret: io.askSecret,
    env: io.env,
    giveUpRunning: () => io.giveUpRunning?.(),
  };
  return await module.run(context) ?? EXIT_OK;
}

function colour(io: CommandLineIo, stream: "stdout" | "stderr"): boolean {
  const isTerminal = stream === "stdout" ? io.stdoutIsTerminal : io.stderrIsTerminal;
  return wantsColour(isTerminal, io.env);
}

/** Columns by which the further lines of a wrapped message or hint are indented. */
const HINT_INDENT = 4;

/** What is told of an error: its message and its hint, escaped, never a stack unless debugging. */
export async function describeError(
  programName: string,
  error: unknown,
  io: Pick<CommandLineIo, "env" | "stderrIsTerminal" | "columns">,
): Promise<string> {
  const style = styleFor(wantsColour(io.stderrIsTerminal, io.env));
  const debugging = io.env("MAILSEC_DEBUG") === "1";
  const lines = [];
  if (error instanceof MailsecError) {
    lines.push(`${style.red(`${programName}:`)} ${escapeLine(error.message)}`);
    for (const hint of error.hint?.split("\n") ?? []) lines.push(`  hint: ${escapeLine(hint)}`);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    lines.push(`${style.red(`${programName}:`)} Unexpected error: ${escapeLine(message)}`);
    if (!debugging) {
      lines.push("  hint: This is a fault of the program; MAILSEC_DEBUG=1 shows where it happened");
    }
  }
  if (debugging) lines.push(...causes(error));
  if (!io.stderrIsTerminal || debugging) return lines.map((line) => `${line}\n`).join("");
  const { wrapMessage } = await import("./wrap.ts");
  return lines.flatMap((line) => wrapMessage(line, io.columns, HINT_INDENT))
    .map((line) => `${line}\n`).join("");
}

function causes(error: unknown): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let cause = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    const stack = cause.stack ?? `${cause.name}: ${cause.message}`;
    const code = cause instanceof MailsecError ? ` [${cause.code}]` : "";
    lines.push(
      ...stack.split("\n").map((line, index) =>
        `  ${index === 0 ? (seen.size === 0 ? "error: " : "caused by: ") : ""}` +
        escapeLine(line) + (index === 0 ? code : "")
      ),
    );
    seen.add(cause);
  }
  return lines;
}
