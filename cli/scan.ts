/**
 * Rewrites a command line so that nothing in it is ambiguous: every option becomes `--name=value`,
 * options come first, then `--`, then the positional values.
 */

import type { Option } from "./command.ts";
import { closestWord } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** The words that ask for help; every command understands them. */
export const HELP_WORDS: readonly string[] = ["--help", "-h"];

/**
 * @throws {UsageError} for an unknown option, one without its value, a switch with one, and an
 *   option given twice.
 */
export function scanWords(
  declared: readonly Option[],
  words: readonly string[],
  commandName: string,
): string[] {
  const scanner = new Scanner(declared, commandName);
  const queue = [...words].reverse();
  for (let word = queue.pop(); word !== undefined; word = queue.pop()) {
    if (word === "--") {
      scanner.positional.push(...queue.reverse());
      break;
    }
    if (word.startsWith("--")) scanner.long(word, queue);
    else if (word.startsWith("-") && word !== "-") scanner.short(word, queue);
    else scanner.positional.push(word);
  }
  return [...scanner.options, "--", ...scanner.positional];
}

class Scanner {
  readonly options: string[] = [];
  readonly positional: string[] = [];
  readonly #seen = new Set<string>();

  constructor(readonly declared: readonly Option[], readonly commandName: string) {}

  /** Takes `--name`, `--name=value`, or `--name` and the word after it from the queue. */
  long(word: string, queue: string[]): void {
    const equals = word.indexOf("=");
    const name = word.slice(2, equals === -1 ? undefined : equals);
    const option = this.declared.find((candidate) => candidate.name === name);
    if (option === undefined) throw this.#unknown(`--${name}`);
    if (option.value === undefined) {
      if (equals !== -1) {
        throw new UsageError(`--${name} takes no value.`, this.#see());
      }
      this.#add(option, "true");
    } else {
      this.#add(option, equals === -1 ? this.#value(option, queue) : word.slice(equals + 1));
    }
  }

  /** Takes `-n`, `-nVALUE`, several switches `-ab`, or `-n` and the word after it. */
  short(word: string, queue: string[]): void {
    for (let at = 1; at < word.length; at++) {
      const option = this.declared.find((candidate) => candidate.short === word[at]);
      if (option === undefined) throw this.#unknown(at === 1 ? word : `-${word[at]}`);
      if (option.value === undefined) {
        this.#add(option, "true");
      } else {
        const attached = word.slice(at + 1);
        this.#add(option, attached === "" ? this.#value(option, queue) : attached);
        return;
      }
    }
  }

  #value(option: Option, queue: string[]): string {
    const value = queue.at(-1);
    if (value !== undefined && !this.#isOption(value)) return queue.pop()!;
    throw new UsageError(
      `--${option.name} needs a value: --${option.name} ${option.value}.`,
      value === undefined || value === "--"
        ? this.#see()
        : `If "${value}" is the value, write --${option.name}=${value}`,
    );
  }

  /** Whether a word would be one of this command's options if it stood alone. */
  #isOption(word: string): boolean {
    if (word === "--") return true;
    const name = word.startsWith("--") ? word.slice(2).split("=")[0] : undefined;
    return this.declared.some((option) =>
      option.name === name || (option.short !== undefined && word === `-${option.short}`)
    );
  }

  #add(option: Option, value: string): void {
    if (this.#seen.has(option.name) && !option.repeatable) {
      throw new UsageError(`--${option.name} is given more than once.`, this.#see());
    }
    this.#seen.add(option.name);
    this.options.push(`--${option.name}=${value}`);
  }

  #unknown(word: string): UsageError {
    const names = [...this.declared.map(({ name }) => name), "help"];
    const meant = closestWord(word.replace(/^-+/, ""), names);
    return new UsageError(
      `Unknown option ${word} for ${this.commandName}.`,
      meant === undefined ? this.#see() : `Did you mean: --${meant}`,
    );
  }

  #see(): string {
    return `See: ${this.commandName} --help`;
  }
}
