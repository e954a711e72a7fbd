/** `mailsec password` */

import type { CommandContext } from "../../cli/command.ts";
import { Mailbox } from "../mailbox.ts";
import {
  askNewPassword,
  askPassword,
  passwordProblem,
  terminal,
  WeakPasswordError,
} from "../terminal/questions.ts";
import { chooseAccount, configStore, openAccount } from "./open_mailbox.ts";
import { readPasswordFile } from "./password_file.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const config = configStore(context);
  const { address, user } = await chooseAccount(context, config);
  const names = [user, address.host];
  const file = context.options.text("new-password-file");
  const given = file === undefined ? null : await givenPassword(file, names);
  let current = await oldPassword(context);
  const mailbox = new Mailbox(
    await openAccount(context, {
      ...{ address, user, config },
      password: current ?? (async () => current = await askPassword(terminal(context), user)),
    }),
  );
  try {
    const next = given ??
      await askNewPassword(terminal(context), names, (line) => context.stderr(`${line}\n`));
    await mailbox.care.changePassword({ current: current!, next });
  } finally {
    await mailbox.close();
  }
  await tellResult(
    context,
    { user, done: "password_changed" },
    `The password of ${user} was changed. Other devices have to log in again with the new one.`,
  );
}

async function oldPassword(context: CommandContext): Promise<string | null> {
  const file = context.options.text("password-file") ?? context.env("MAILSEC_PASSWORD_FILE");
  return file === undefined ? null : await readPasswordFile(file);
}

async function givenPassword(file: string, names: readonly string[]): Promise<string> {
  const password = await readPasswordFile(file);
  const problem = await passwordProblem(password, names);
  if (problem !== null) throw new WeakPasswordError(problem);
  return password;
}
