/**
 * `deno task docs`: writes docs/commands.md, the reference page of every command, from the command
 * table. A test fails when the page is not what the table says.
 */

import type { Command, Program } from "../cli/command.ts";
import { helpText } from "../cli/help.ts";
import { styleFor } from "../cli/style.ts";
import { loadProgram } from "../main.ts";

const PAGE = new URL("../docs/commands.md", import.meta.url);
const WIDTH = 80;

const INTRODUCTION = `<!-- Made from the command table by \`deno task docs\`. Do not edit. -->

# Commands

What \`mailsec COMMAND --help\` prints, for every command. JSON (\`--json\`) goes to standard output;
messages, questions and progress go to standard error. Scripts never wait for an answer that cannot
come: without a terminal a question is an error that names the option to use.

## Exit codes

- done: **0**
- failed: **1**
- wrong use: the command line, or a question that nobody is there to answer: **2**
- cannot connect: no server there, it is full or shutting down, or the handshake broke: **3**
- login refused: wrong user name or password, bad invite, account disabled: **4**
- trust: an identity changed, or a signature does not verify: **5**
- interrupted with Ctrl-C: **130**

`;

/** The page as the command table has it. */
export async function commandsPage(): Promise<string> {
  const program = await loadProgram();
  const sections = program.commands.flatMap((command) => sectionsOf(program, [command]));
  return INTRODUCTION + [section(program, []), ...sections].join("\n");
}

/** The page as it is in the repository. */
export function committedPage(): Promise<string> {
  return Deno.readTextFile(PAGE);
}

function sectionsOf(program: Program, path: readonly Command[]): string[] {
  const below = path.at(-1)?.subcommands ?? [];
  return [
    section(program, path),
    ...below.flatMap((command) => sectionsOf(program, [...path, command])),
  ];
}

function section(program: Program, path: readonly Command[]): string {
  const name = [program.name, ...path.map((command) => command.name)].join(" ");
  const help = helpText(program, path, { width: WIDTH, style: styleFor(false) });
  return `## ${name}\n\n\`\`\`text\n${help}\`\`\`\n`;
}

if (import.meta.main) await Deno.writeTextFile(PAGE, await commandsPage());
