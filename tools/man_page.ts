/**
 * `deno task docs`: writes docs/mailsec.1, the manual page for `man`, from the command table. A test
 * fails when the page is not what the table says.
 *
 * Macros: man(7), as groff and mandoc both read them.
 */

import type { Command, Example, Program } from "../cli/command.ts";
import { argumentSummary, optionSummary, optionUsage, usageLine } from "../cli/help.ts";
import { VERSION } from "../cli/version.ts";
import { loadProgram } from "../main.ts";

const PAGE = new URL("../docs/mailsec.1", import.meta.url);

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "Done."],
  ["1", "Failed."],
  ["2", "Wrong use: the command line, or a question that nobody is there to answer."],
  ["3", "Cannot connect: no server there, it is full or shutting down."],
  ["4", "Login refused: wrong user name or password, bad invite, account disabled."],
  ["5", "Trust: an identity has changed, or a signature does not verify."],
  ["130", "Interrupted with Ctrl-C."],
];

const FILES: readonly (readonly [string, string])[] = [
  [
    "$XDG_CONFIG_HOME/mailsec",
    "The client's files: which servers it knows, sealed indexes. No keys.",
  ],
  ["mailsec-data", "The server's folder, unless --data names another."],
];

const VARIABLES: readonly (readonly [string, string])[] = [
  ["MAILSEC_SERVER, MAILSEC_USER", "Which account, unless the options say."],
  ["MAILSEC_PASSWORD_FILE", "A file with the password in its first line."],
  ["MAILSEC_CONFIG", "The folder of the client's files."],
  ["VISUAL, EDITOR", "What edits a mail in the menu."],
  ["NO_COLOR", "Turns colours off."],
  ["MAILSEC_DEBUG", "1 shows the causes of errors."],
];

/** The page as the command table has it. */
export async function manPage(): Promise<string> {
  const program = await loadProgram();
  const lines = [
    '.\\" Made from the command table by "deno task docs". Do not edit.',
    `.TH MAILSEC 1 "" "mailsec ${VERSION}" "User Commands"`,
    ".SH NAME",
    `mailsec \\- ${text(program.summary)}`,
    ".SH SYNOPSIS",
    `.B ${text(usageLine(program, []))}`,
    ".SH COMMANDS",
    ...program.commands.flatMap((command) => commandLines(program, [command])),
    ...list("EXIT STATUS", EXIT_CODES),
    ...list("ENVIRONMENT", VARIABLES),
    ...list("FILES", FILES),
    ...examples("EXAMPLES", program.examples ?? []),
  ];
  return `${lines.join("\n")}\n`;
}

/** The page as it is in the repository. */
export function committedManPage(): Promise<string> {
  return Deno.readTextFile(PAGE);
}

function commandLines(program: Program, path: readonly Command[]): string[] {
  const command = path.at(-1)!;
  const items = [
    ...(command.arguments ?? []).map((argument) =>
      [argument.name.toUpperCase(), argumentSummary(argument)] as const
    ),
    ...(command.options ?? []).map((option) =>
      [optionUsage(option).trim(), optionSummary(option)] as const
    ),
  ];
  return [
    `.SS ${text(usageLine(program, path))}`,
    text(`${command.summary}.`),
    ...(command.description ?? []).flatMap((paragraph) => [".PP", text(paragraph)]),
    ...items.flatMap(([term, meaning]) => [".TP", `.B ${text(term)}`, text(`${meaning}.`)]),
    ...(command.examples ?? []).flatMap(example),
    ...(command.subcommands ?? []).flatMap((below) => commandLines(program, [...path, below])),
  ];
}

function list(title: string, items: readonly (readonly [string, string])[]): string[] {
  return [
    `.SH ${title}`,
    ...items.flatMap(([term, meaning]) => [".TP", `.B ${text(term)}`, text(meaning)]),
  ];
}

function examples(title: string, all: readonly Example[]): string[] {
  return [`.SH ${title}`, ...all.flatMap(example)];
}

function example({ command, summary }: Example): string[] {
  return [".PP", text(`${summary}:`), ".PP", ".nf", ".RS", text(command), ".RE", ".fi"];
}

/** Text that means itself: no escapes, no requests, no hyphens in place of minus signs. */
function text(plain: string): string {
  const escaped = plain.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("`", "\\`")
    .replaceAll("'", "\\(aq").replace(/\s+/g, " ");
  return escaped.startsWith(".") ? `\\&${escaped}` : escaped;
}

if (import.meta.main) await Deno.writeTextFile(PAGE, await manPage());
