/** The command table as a shell completes it: a flat list, one node a command. */

import type { Command, Option, Program } from "./command.ts";
import { defaultOf } from "./command_path.ts";

/** What can follow the words of one command. */
export interface CompletionNode {
  /** The words after the tool's name, joined by a blank; empty for the tool itself. */
  readonly path: string;
  readonly commands: readonly Command[];
  /** The options, `--help` among them. */
  readonly options: readonly Option[];
  /** Words that the next positional value can be. */
  readonly choices: readonly string[];
  /** What the positional values are, when that is a file or a folder. */
  readonly completes: "file" | "directory" | undefined;
}

const HELP: Option = { name: "help", short: "h", summary: "Show this help" };
const VERSION: Option = { name: "version", short: "V", summary: "Show the version" };

/** Every command of the tool, and the tool itself first. */
export function completionNodes(program: Program): CompletionNode[] {
  const root: CompletionNode = {
    path: "",
    commands: program.commands,
    options: [HELP, VERSION],
    choices: [],
    completes: undefined,
  };
  return [root, ...program.commands.flatMap((command) => commandNodes(command, ""))];
}

function commandNodes(command: Command, parent: string): CompletionNode[] {
  const path = parent === "" ? command.name : `${parent} ${command.name}`;
  const node: CompletionNode = {
    path,
    commands: command.subcommands ?? [],
    options: [...((defaultOf(command) ?? command).options ?? []), HELP],
    choices: command.arguments?.flatMap((argument) => argument.choices ?? []) ?? [],
    completes: command.arguments?.find((argument) => argument.completes)?.completes,
  };
  return [node, ...(command.subcommands ?? []).flatMap((child) => commandNodes(child, path))];
}
