/** Shell completion scripts, made from the command table. */

import type { Command, Option, Program } from "./command.ts";
import { bashCompletions } from "./completions_bash.ts";
import { fishCompletions } from "./completions_fish.ts";
import { zshCompletions } from "./completions_zsh.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** The script that a shell loads to complete the tool's command lines. */
export function completionScript(shell: Shell, program: Program): string {
  const nodes = completionNodes(program);
  if (shell === "bash") return bashCompletions(program.name, nodes);
  if (shell === "zsh") return zshCompletions(program.name, nodes);
  return fishCompletions(program.name, nodes);
}

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

function completionNodes(program: Program): CompletionNode[] {
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
    options: [...(command.options ?? []), HELP],
    choices: command.arguments?.flatMap((argument) => argument.choices ?? []) ?? [],
    completes: command.arguments?.find((argument) => argument.completes)?.completes,
  };
  return [node, ...(command.subcommands ?? []).flatMap((child) => commandNodes(child, path))];
}
