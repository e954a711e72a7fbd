/** Completions for fish. */

import type { Option } from "./command.ts";
import type { CompletionNode } from "./completion_nodes.ts";

/** A script for `~/.config/fish/completions/TOOL.fish`. */
export function fishCompletions(tool: string, nodes: readonly CompletionNode[]): string {
  const lines = [
    `# fish completion for ${tool}`,
    `complete -c ${tool} -f`,
    ...nodes.flatMap((node) => nodeLines(tool, node)),
  ];
  return `${lines.join("\n")}\n`;
}

function nodeLines(tool: string, node: CompletionNode): string[] {
  const start = `complete -c ${tool} -n ${quoted(condition(node))}`;
  const lines = node.commands.map(({ name, summary }) =>
    `${start} -a ${name} -d ${quoted(summary)}`
  );
  for (const option of node.options) lines.push(`${start} ${optionWords(option)}`);
  if (node.choices.length > 0) lines.push(`${start} -a ${quoted(node.choices.join(" "))}`);
  else if (node.completes === "file") lines.push(`${start} -F`);
  else if (node.completes === "directory") {
    lines.push(`${start} -a '(__fish_complete_directories)'`);
  }
  return lines;
}

/** True while the words typed so far name this command and none further down. */
function condition(node: CompletionNode): string {
  const seen = node.path.split(" ").filter((word) => word !== "")
    .map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = node.commands.map(({ name }) => name).join(" ");
  if (node.path === "") return "__fish_use_subcommand";
  return [...seen, ...(below === "" ? [] : [`not __fish_seen_subcommand_from ${below}`])]
    .join("; and ");
}

function optionWords(option: Option): string {
  const words = [`-l ${option.name}`];
  if (option.short !== undefined) words.push(`-s ${option.short}`);
  words.push(`-d ${quoted(option.summary)}`);
  if (option.choices !== undefined) words.push(`-x -a ${quoted(option.choices.join(" "))}`);
  else if (option.completes === "file") words.push("-r -F");
  else if (option.completes === "directory") words.push("-x -a '(__fish_complete_directories)'");
  else if (option.value !== undefined) words.push("-x");
  return words.join(" ");
}

/** A word of the shell: in single quotes only the quote and the backslash are special. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
