/** The questions that are asked outside the menu: passwords and trust. */

import type { CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { generatePassphrase } from "../passphrase.ts";
import { judgePassword } from "../password_policy.ts";
import { InterruptedError, type Prompter } from "./prompter.ts";
import { TerminalPrompter } from "./terminal_prompter.ts";
import { processTerminal } from "./tty.ts";

let terminalPrompter: TerminalPrompter | null | undefined;

/**
 * Whoever sits at the terminal, also when standard input is a pipe; null when nobody does. Always
 * the same one, so that what is typed ahead is not lost.
 */
export function terminal(context: Pick<CommandContext, "env">): Prompter | null {
  if (terminalPrompter === undefined) {
    const device = processTerminal(context.env);
    terminalPrompter = device === null ? null : new TerminalPrompter(device);
  }
  return terminalPrompter;
}

/**
 * What a question without a terminal ends with: exit code 2, naming the flag to use.
 *
 * @param what What would be asked for: "the password".
 */
export function noTerminal(what: string, flag: string): UsageError {
  return new UsageError(`There is no terminal to ask for ${what}.`, `Give ${flag}`);
}

/**
 * Asks for a secret that is none of the client's; null without a terminal.
 *
 * @throws {InterruptedError} on Ctrl-C or Ctrl-D.
 */
export async function askSecret(
  context: Pick<CommandContext, "env">,
  question: string,
): Promise<string | null> {
  const prompter = terminal(context);
  return prompter === null ? null : await answer(prompter, question, { secret: true });
}

/**
 * Asks for a password that exists.
 *
 * @throws {UsageError} without a terminal. @throws {InterruptedError} on Ctrl-C or Ctrl-D.
 */
export async function askPassword(prompter: Prompter | null, user: string): Promise<string> {
  if (prompter === null) throw noTerminal("the password", "--password-file FILE");
  while (true) {
    const password = await answer(prompter, `Password for ${user}: `, { secret: true });
    if (password !== "") return password;
  }
}

/**
 * Asks for a new password, twice, until it is good enough; an empty one gets a generated pass
 * phrase.
 *
 * @param names What a password must not be made of: the user's and the server's name.
 * @param tell Shows a line.
 * @throws {UsageError} without a terminal. @throws {InterruptedError} on Ctrl-C or Ctrl-D.
 */
export async function askNewPassword(
  prompter: Prompter | null,
  names: readonly string[],
  tell: (line: string) => Promise<void>,
): Promise<string> {
  if (prompter === null) throw noTerminal("a new password", "--password-file FILE");
  await tell("Choose a password. It opens your mailbox;");
  await tell("without it only your recovery code gets you in.");
  await tell("Leave it empty to get a generated pass phrase.");
  while (true) {
    const password = await answer(prompter, "New password: ", { secret: true });
    if (password === "") {
      const phrase = await generatePassphrase();
      await tell(`Your pass phrase:\n  ${phrase}`);
      await tell("Write it down now: it is not shown again.");
      if (await confirm(prompter, "Use it?", true)) return phrase;
      continue;
    }
    const problem = await passwordProblem(password, names);
    if (problem !== null) {
      for (const line of problem) await tell(line);
    } else if (await answer(prompter, "The same again: ", { secret: true }) === password) {
      return password;
    } else {
      await tell("These were not the same. Once more.");
    }
  }
}

/** Why a new password is refused and what would help, a line each; null when it is good. */
export async function passwordProblem(
  password: string,
  names: readonly string[],
): Promise<string[] | null> {
  const verdict = await judgePassword(password, [...names]);
  if (verdict.ok) return null;
  return [`This password is too weak. ${verdict.reason ?? ""}`.trim(), ...verdict.suggestions];
}

/** A new password that is not asked for but given, and too weak. */
export class WeakPasswordError extends MailsecError {
  override name = "WeakPasswordError";

  constructor(problem: readonly string[]) {
    const [message, ...suggestions] = problem;
    const hints = [...suggestions, "--generate-password makes a good one."];
    super("weak_password", message ?? "", { hint: hints.join("\n") });
  }
}

/** A yes or no. Enter alone means `otherwise`; the end of the input means no. */
export async function confirm(
  prompter: Prompter,
  question: string,
  otherwise: boolean,
): Promise<boolean> {
  while (true) {
    const text = await prompter.ask(`${question} ${otherwise ? "[Y/n]" : "[y/N]"} `);
    if (text === null) return false;
    const word = text.trim().toLowerCase();
    if (word === "") return otherwise;
    if (["y", "yes"].includes(word)) return true;
    if (["n", "no"].includes(word)) return false;
  }
}

/** An answer without which nothing can go on: the end of the input is an interruption. */
async function answer(
  prompter: Prompter,
  question: string,
  options: { secret?: boolean } = {},
): Promise<string> {
  const text = await prompter.ask(question, options);
  if (text === null) throw new InterruptedError();
  return text;
}
