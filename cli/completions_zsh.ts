/** Completions for zsh. */

import type { Option } from "./command.ts";
import type { CompletionNode } from "./completion_nodes.ts";

/** A script for a file `_TOOL` in `$fpath`, or to be sourced after `compinit`. */
export function zshCompletions(tool: string, nodes: readonly CompletionNode[]): string {
  const groups = nodes.filter((node) => node.commands.length > 0);
  return `#compdef ${tool}
# zsh completion for ${tool}
_${tool}() {
  local path_words="" index
  for ((index = 2; index < CURRENT; index++)); do
    case "$path_words \${words[index]}" in
${groups.map(descend).join("\n")}
    esac
  done
  case "$path_words" in
${nodes.map(nodeCase).join("\n")}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${tool} "$@"
else
  compdef _${tool} ${tool}
fi
`;
}

function descend(node: CompletionNode): string {
  const patterns = node.commands.map(({ name }) => `"${node.path} ${name}"`).join("|");
  const next = node.path === "" ? "${words[index]}" : "$path_words ${words[index]}";
  return `      ${patterns}) path_words="${next}" ;;`;
}

function nodeCase(node: CompletionNode): string {
  const lines = [`    "${node.path}")`];
  if (node.commands.length > 0) {
    const commands = node.commands.map(({ name, summary }) =>
      quoted(`${name}:${summary.replaceAll(":", "\\:")}`)
    );
    lines.push(`      local -a commands=(${commands.join(" ")})`);
    lines.push(`      [[ $words[CURRENT] == -* ]] || { _describe command commands; return }`);
  }
  const specs = node.options.flatMap(optionSpecs);
  if (node.choices.length > 0) specs.push(quoted(`*:value:(${node.choices.join(" ")})`));
  else if (node.completes !== undefined) specs.push(quoted(`*:${pathAction(node.completes)}`));
  lines.push(`      _arguments -s ${specs.join(" ")} ;;`);
  return lines.join("\n");
}

function optionSpecs(option: Option): string[] {
  const summary = option.summary.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`);
  const value = option.value === undefined ? "" : `:${option.value}:${valueAction(option)}`;
  const star = option.repeatable ? "*" : "";
  const names = [`--${option.name}`];
  if (option.short !== undefined) names.push(`-${option.short}`);
  return names.map((name) =>
    quoted(`${star}${name}${value !== "" && name.startsWith("--") ? "=" : ""}[${summary}]${value}`)
  );
}

function valueAction(option: Option): string {
  if (option.choices !== undefined) return `(${option.choices.join(" ")})`;
  if (option.completes === undefined) return " ";
  return option.completes === "file" ? "_files" : "_files -/";
}

function pathAction(completes: "file" | "directory"): string {
  return completes === "file" ? "file:_files" : "folder:_files -/";
}

/** A word of the shell: in single quotes nothing is special but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
