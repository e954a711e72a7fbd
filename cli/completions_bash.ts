/** Completions for bash 3.2 and newer, without the bash-completion package. */

import type { Option } from "./command.ts";
import type { CompletionNode } from "./completion_nodes.ts";

/** A script that defines a completion function and registers it for the tool. */
export function bashCompletions(tool: string, nodes: readonly CompletionNode[]): string {
  const groups = nodes.filter((node) => node.commands.length > 0);
  return `# bash completion for ${tool}
_${tool}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local path="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path \${COMP_WORDS[index]}" in
${groups.map(descend).join("\n")}
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$path" in
${nodes.map(wordCase).join("\n")}
  esac
}
complete -o filenames -F _${tool} ${tool}
`;
}

const COMPGEN_END = `-- "$word"))`;

function descend(node: CompletionNode): string {
  const patterns = node.commands.map(({ name }) => `"${node.path} ${name}"`).join("|");
  const next = node.path === "" ? `\${COMP_WORDS[index]}` : `$path \${COMP_WORDS[index]}`;
  return `      ${patterns}) path="${next}" ;;`;
}

function valueCases(node: CompletionNode): string[] {
  return node.options.filter((option) => option.value !== undefined).map((option) => {
    const spellings = [`"${node.path} --${option.name}"`];
    if (option.short !== undefined) spellings.push(`"${node.path} -${option.short}"`);
    return `    ${spellings.join("|")}) ${valueReply(option)} ;;`;
  });
}

function valueReply(option: Option): string {
  if (option.choices !== undefined) {
    return `COMPREPLY=($(compgen -W "${option.choices.join(" ")}" ${COMPGEN_END}; return`;
  }
  return option.completes === undefined
    ? "return"
    : `COMPREPLY=($(compgen ${pathAction(option.completes)} ${COMPGEN_END}; return`;
}

function wordCase(node: CompletionNode): string {
  const options = node.options.map(({ name }) => `--${name}`).join(" ");
  const words = [...node.commands.map(({ name }) => name), ...node.choices].join(" ");
  const lines = [`      if [[ $word == -* ]]; then`];
  lines.push(`        COMPREPLY=($(compgen -W "${options}" ${COMPGEN_END}`);
  if (words !== "") {
    lines.push("      else");
    lines.push(`        COMPREPLY=($(compgen -W "${words}" ${COMPGEN_END}`);
  } else if (node.completes !== undefined) {
    lines.push("      else");
    lines.push(`        COMPREPLY=($(compgen ${pathAction(node.completes)} ${COMPGEN_END}`);
  }
  return [`    "${node.path}")`, ...lines, "      fi ;;"].join("\n");
}

function pathAction(completes: "file" | "directory"): string {
  return completes === "file" ? "-f" : "-d";
}
