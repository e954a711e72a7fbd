/** `--help`, made from the command table. */

import type { Argument, Command, Option, Program } from "./command.ts";
import { fullName } from "./command_path.ts";
import type { Style } from "./style.ts";
import { definitions, wrap } from "./wrap.ts";

/** Help is never wider than this, whatever the terminal: long lines are hard to read. */
export const MAX_HELP_WIDTH = 80;

export interface HelpOptions {
  /** Width of the terminal, in columns. */
  readonly width: number;
  readonly style: Style;
}

/** The help of a command, a group, or (with an empty path) of the whole tool. */
export function helpText(
  program: Program,
  path: readonly Command[],
  options: HelpOptions,
): string {
  const width = Math.max(40, Math.min(MAX_HELP_WIDTH, options.width));
  const layout = new Layout(width, options.style);
  const command = path.at(-1);
  if (command === undefined) programHelp(program, layout);
  else commandHelp(program, { path, command }, layout);
  return layout.text();
}

/** One line that shows how a command is called. */
export function usageLine(program: Program, path: readonly Command[]): string {
  const command = path.at(-1);
  const words = [fullName(program, path)];
  if (command?.default !== undefined) words.push("[COMMAND]");
  else if (command === undefined || command.subcommands !== undefined) words.push("COMMAND");
  words.push(...(command?.arguments ?? []).map(argumentUsage));
  if (command?.options?.length) words.push("[OPTIONS]");
  return words.join(" ");
}

function programHelp(program: Program, layout: Layout): void {
  layout.paragraph(program.summary);
  layout.section("Usage", [`  ${usageLine(program, [])}`]);
  layout.commands(program.commands);
  layout.definitions("Options", [
    ["-h, --help", "Show this help, or that of a command"],
    ["-V, --version", "Show the version"],
  ]);
  layout.examples(program.examples);
  for (const note of program.notes ?? []) layout.paragraph(note);
}

function commandHelp(
  program: Program,
  { path, command }: { path: readonly Command[]; command: Command },
  layout: Layout,
): void {
  layout.paragraph(command.summary);
  layout.section("Usage", [`  ${usageLine(program, path)}`]);
  for (const paragraph of command.description ?? []) layout.paragraph(paragraph);
  if (command.subcommands !== undefined) layout.commands(command.subcommands, command.default);
  if (command.arguments?.length) {
    layout.definitions(
      "Arguments",
      command.arguments.map((argument) => [
        argument.name.toUpperCase(),
        argumentSummary(argument),
      ]),
    );
  }
  const options = (command.options ?? []).map((option) =>
    [optionUsage(option), optionSummary(option)] as const
  );
  layout.definitions("Options", [...options, ["-h, --help", "Show this help"]]);
  layout.examples(command.examples);
}

function argumentUsage(argument: Argument): string {
  const word = argument.name.toUpperCase() + (argument.repeated ? "..." : "");
  return argument.optional ? `[${word}]` : word;
}

/** `-t, --title TITLE` */
export function optionUsage(option: Option): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`;
}

/** What an option does, with its choices, its default and its variable. */
export function optionSummary(option: Option): string {
  const notes = [];
  if (option.choices !== undefined) notes.push(`one of ${option.choices.join(", ")}`);
  if (option.repeatable) notes.push("may be repeated");
  if (option.default !== undefined) notes.push(`default: ${option.default}`);
  if (option.env !== undefined) notes.push(`or set ${option.env}`);
  return notes.length === 0 ? option.summary : `${option.summary} (${notes.join("; ")})`;
}

/** What an argument is, with its choices. */
export function argumentSummary({ summary, choices }: Argument): string {
  return choices === undefined ? summary : `${summary} (one of ${choices.join(", ")})`;
}

/** Gathers the parts of a help text with a blank line between them. */
class Layout {
  readonly #blocks: string[][] = [];

  constructor(readonly width: number, readonly style: Style) {}

  paragraph(text: string): void {
    this.#blocks.push(wrap(text, this.width));
  }

  section(title: string, lines: readonly string[]): void {
    this.#blocks.push([this.style.bold(`${title}:`), ...lines]);
  }

  definitions(title: string, items: readonly (readonly [string, string])[]): void {
    this.section(title, definitions(items, this.width));
  }

  /** @param otherwise Name of the one that runs when none is named. */
  commands(commands: readonly Command[], otherwise?: string): void {
    this.definitions(
      "Commands",
      commands.map(({ name, summary }) => [
        name,
        name === otherwise ? `${summary} (without COMMAND: this)` : summary,
      ]),
    );
  }

  examples(examples: Program["examples"]): void {
    if (examples === undefined || examples.length === 0) return;
    this.section(
      "Examples",
      examples.flatMap(({ command, summary }) => [
        ...wrap(summary, this.width - 4).map((line) => `  ${this.style.dim(`# ${line}`)}`),
        `  ${command}`,
      ]),
    );
  }

  text(): string {
    return this.#blocks.map((lines) => `${lines.join("\n")}\n`).join("\n");
  }
}
