/** `mailsec join INVITE` */

import type { CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { type Invite, parseInvite } from "../../crypto/invite.ts";
import type { Account } from "../account.ts";
import { addressText } from "../address.ts";
import { joinServer } from "../join.ts";
import { generatePassphrase } from "../passphrase.ts";
import {
  askNewPassword,
  passwordProblem,
  terminal,
  WeakPasswordError,
} from "../terminal/questions.ts";
import { keepRecoveryCode } from "./keep_code.ts";
import { asUsage, configStore, showStep } from "./open_mailbox.ts";
import { readPasswordFile } from "./password_file.ts";

export async function run(context: CommandContext): Promise<void> {
  const line = context.args.one("invite");
  const invite = asUsage(() => parseInvite(line));
  const generate = context.options.flag("generate-password");
  if (generate && context.options.text("password-file") !== undefined) {
    throw new UsageError("--generate-password and --password-file exclude each other.");
  }
  const password = generate ? await generatePassphrase() : await newPassword(context, invite);
  if (generate) {
    // Before the server has it: should the joining break off, the same one is needed again.
    await context.stderr("This pass phrase opens the mailbox. It is not shown again:\n");
    await context.stdout(`${password}\n`);
  }
  const account = await acceptInvite(context, { line, password });
  await account.close();
  const { user, address } = account;
  await context.stderr(
    `${user} has joined ${addressText(address)}.\n` +
      `Next: mailsec connect ${addressText(address)} ${user}\n`,
  );
}

/** Joins, telling what takes its time. */
export function acceptInvite(
  context: CommandContext,
  { line, password }: { line: string; password: string },
): Promise<Account> {
  return joinServer({
    invite: line,
    password,
    config: configStore(context),
    recovery: keepRecoveryCode(context),
    onStep: showStep(context),
    onReset: () =>
      void context.stderr(
        "This account was reset: it begins anew, with new keys. The mail of before is gone, and\n" +
          "the people who write to you are asked to check your new keys.\n",
      ),
  });
}

/**
 * The password for a new account, from `--password-file` or chosen at the terminal.
 *
 * @throws {WeakPasswordError} when the one in the file is too weak.
 * @throws {UsageError} without a file and without a terminal.
 */
export async function newPassword(
  context: CommandContext,
  { user, host }: Pick<Invite, "user" | "host">,
): Promise<string> {
  const names = [user, host];
  const file = context.options.text("password-file") ?? context.env("MAILSEC_PASSWORD_FILE");
  if (file === undefined) {
    return await askNewPassword(terminal(context), names, (text) => context.stderr(`${text}\n`));
  }
  const password = await readPasswordFile(file);
  const problem = await passwordProblem(password, names);
  if (problem !== null) throw new WeakPasswordError(problem);
  return password;
}
