/**
 * From a command line to checked values, by the command table.
 *
 * Conventions: `--name VALUE` and `--name=VALUE`; `-n VALUE`, `-nVALUE`, and switches together
 * (`-ab`); options and positional values in any order after the command's name; `--` ends the
 * options; a single `-` is a value. The word after an option is its value even when it begins with
 * a dash, unless it is `--` or an option of the same command: then the value was forgotten (and
 * can still be meant by writing `--name=VALUE`).
 */

import type {
  Argument,
  Command,
  Option,
  ParsedArguments,
  ParsedOptions,
  Program,
} from "./command.ts";
import { defaultOf, findCommand, fullName } from "./command_path.ts";
import { HELP_WORDS, scanWords } from "./scan.ts";
import { parseArgs } from "./parse_args.ts";
import { closestWord } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

export type ParsedCommandLine =
  | { readonly action: "version" }
  | { readonly action: "help"; readonly path: readonly Command[]; readonly asked: boolean }
  | {
    readonly action: "run";
    readonly command: Command;
    readonly commandName: string;
    readonly args: ParsedArguments;
    readonly options: ParsedOptions;
  };

/**
 * Parses what follows the tool's name.
 *
 * @throws {UsageError} for anything that the table does not allow.
 */
export function parseCommandLine(program: Program, words: readonly string[]): ParsedCommandLine {
  const [first, ...others] = words;
  if (first === "--version" || first === "-V") return { action: "version" };
  if (first === "help") {
    return { action: "help", path: findCommand(program, others).path, asked: true };
  }
  const found = findCommand(program, words);
  const { rest } = found;
  const beforeDashes = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (beforeDashes.some((word) => HELP_WORDS.includes(word))) {
    return { action: "help", path: found.path, asked: true };
  }
  const path = withDefault(found.path);
  const command = path.at(-1);
  const commandName = fullName(program, path);
  if (command === undefined || command.subcommands !== undefined) {
    if (rest.length === 0) return { action: "help", path, asked: false };
    throw new UsageError(
      `"${rest[0]}" stands where a command is expected.`,
      `Options go after the command. See: ${commandName} --help`,
    );
  }
  return { action: "run", command, commandName, ...parseValues(command, rest, commandName) };
}

/** A group alone means its default command, if it has one. */
function withDefault(path: readonly Command[]): readonly Command[] {
  const group = path.at(-1);
  const command = group === undefined ? undefined : defaultOf(group);
  return command === undefined ? path : [...path, command];
}

function parseValues(
  command: Command,
  words: readonly string[],
  commandName: string,
): { args: ParsedArguments; options: ParsedOptions } {
  const declared = command.options ?? [];
  const valued = declared.filter((option) => option.value !== undefined);
  const switches = declared.filter((option) => option.value === undefined);
  // parseArgs guesses what an ambiguous word means; scanWords leaves it nothing to guess.
  const parsed = parseArgs(scanWords(declared, words, commandName), {
    "--": true,
    string: [...valued.map((option) => option.name), "_"],
    collect: valued.map((option) => option.name),
    boolean: switches.map((option) => option.name),
  });
  const values = new Map<string, readonly string[]>();
  for (const option of valued) {
    const given = (parsed[option.name] ?? []) as string[];
    for (const value of given) checkValue(option, value, commandName);
    values.set(option.name, given);
  }
  const flags = new Map(switches.map(({ name }) => [name, parsed[name] === true]));
  const positional = [...parsed._, ...(parsed["--"] ?? [])];
  return {
    args: assignArguments(command.arguments ?? [], positional, commandName),
    options: optionReader(values, flags),
  };
}

function checkValue(option: Option, value: string, commandName: string): void {
  const name = `--${option.name}`;
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw badChoice(name, value, option.choices);
  }
  if (option.integer !== undefined) {
    const { min, max } = option.integer;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) {
      throw new UsageError(
        `${name} takes a whole number from ${min} to ${max}, not "${value}".`,
        `See: ${commandName} --help`,
      );
    }
  }
}

function badChoice(name: string, value: string, choices: readonly string[]): UsageError {
  const meant = closestWord(value, choices);
  return new UsageError(
    `${name} cannot be "${value}".`,
    meant === undefined ? `It can be: ${choices.join(", ")}` : `Did you mean: ${meant}`,
  );
}

function assignArguments(
  declared: readonly Argument[],
  positional: readonly string[],
  commandName: string,
): ParsedArguments {
  const values = new Map<string, readonly string[]>();
  let next = 0;
  for (const argument of declared) {
    const taken = positional.slice(next, argument.repeated ? undefined : next + 1);
    if (taken.length === 0 && !argument.optional) {
      throw new UsageError(
        `${argument.name.toUpperCase()} is missing: ${argument.summary}.`,
        `See: ${commandName} --help`,
      );
    }
    for (const value of taken) {
      if (argument.choices !== undefined && !argument.choices.includes(value)) {
        throw badChoice(argument.name.toUpperCase(), value, argument.choices);
      }
    }
    values.set(argument.name, taken);
    next += taken.length;
  }
  const extra = positional[next];
  if (extra !== undefined) {
    throw new UsageError(
      `Unexpected argument "${extra}".`,
      `See: ${commandName} --help`,
    );
  }
  const all = (name: string) => known(values, name);
  return { all, maybe: (name) => all(name)[0], one: (name) => present(all(name)[0], name) };
}

function optionReader(
  values: ReadonlyMap<string, readonly string[]>,
  flags: ReadonlyMap<string, boolean>,
): ParsedOptions {
  const all = (name: string) => known(values, name);
  const text = (name: string) => all(name)[0];
  return {
    all,
    text,
    flag: (name) => known(flags, name),
    integer: (name) => text(name) === undefined ? undefined : Number(text(name)),
  };
}

function known<V>(map: ReadonlyMap<string, V>, name: string): V {
  const value = map.get(name);
  if (value === undefined) throw new TypeError(`the command table does not declare "${name}"`);
  return value;
}

function present(value: string | undefined, name: string): string {
  if (value === undefined) throw new TypeError(`the argument "${name}" is optional`);
  return value;
}
