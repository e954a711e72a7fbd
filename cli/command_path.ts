/** Finding a command in the table by the words that name it. */

import type { Command, Program } from "./command.ts";
import { closestWord } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

export interface FoundCommand {
  /** The commands from the outermost group to the one meant; empty: the tool itself. */
  readonly path: readonly Command[];
  /** What follows the command's name. */
  readonly rest: readonly string[];
}

/** The name of a command as it is typed: `mailsec user invite`. */
export function fullName(program: Program, path: readonly Command[]): string {
  return [program.name, ...path.map((command) => command.name)].join(" ");
}

/** The subcommand that a group runs when none is named. */
export function defaultOf(command: Command): Command | undefined {
  if (command.default === undefined) return undefined;
  const found = command.subcommands?.find(({ name }) => name === command.default);
  if (found === undefined) {
    throw new TypeError(`the command table has no "${command.name} ${command.default}"`);
  }
  return found;
}

/**
 * Follows the words of a command line down the table, as far as they name commands.
 *
 * @throws {UsageError} when a word stands where only a command can, and is none.
 */
export function findCommand(program: Program, words: readonly string[]): FoundCommand {
  const path: Command[] = [];
  let candidates: readonly Command[] | undefined = program.commands;
  let used = 0;
  for (const word of words) {
    if (candidates === undefined || word.startsWith("-")) break;
    const command: Command | undefined = candidates.find(({ name }) => name === word);
    if (command === undefined) throw unknownCommand(program, { path, candidates, word });
    path.push(command);
    used += 1;
    candidates = command.subcommands;
  }
  return { path, rest: words.slice(used) };
}

function unknownCommand(
  program: Program,
  at: { path: readonly Command[]; candidates: readonly Command[]; word: string },
): UsageError {
  const meant = closestWord(at.word, at.candidates.map(({ name }) => name));
  const name = fullName(program, at.path);
  const message = at.path.length === 0
    ? `Unknown command "${at.word}".`
    : `"${name}" has no command "${at.word}".`;
  return new UsageError(
    message,
    meant === undefined ? `See: ${name} --help` : `Did you mean: ${name} ${meant}`,
  );
}
