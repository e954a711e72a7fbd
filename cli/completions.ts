/** Shell completion scripts, made from the command table. */

import type { Program } from "./command.ts";
import { bashCompletions } from "./completions_bash.ts";
import { fishCompletions } from "./completions_fish.ts";
import { completionNodes } from "./completion_nodes.ts";
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
