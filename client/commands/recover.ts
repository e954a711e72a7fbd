/** `mailsec recover HOST USER` */

import type { CommandContext } from "../../cli/command.ts";
import { readSecretFileLine } from "../../cli/secret_file.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { addressText } from "../address.ts";
import { recoverAccount } from "../recover.ts";
import { noTerminal, terminal } from "../terminal/questions.ts";
import { askCode } from "./device_code.ts";
import { newPassword } from "./join.ts";
import { asUsage, configStore, confirmServer, showStep } from "./open_mailbox.ts";
import { givenAddress } from "./server_address.ts";
import { tellResult } from "./told.ts";

export async function run(context: CommandContext): Promise<void> {
  const address = givenAddress(context);
  const user = asUsage(() => normalizeUserName(context.args.one("user")));
  const file = context.options.text("code-file");
  const code = file === undefined
    ? () => askRecoveryCode(context, user)
    : parseRecoveryCode(await readSecretFileLine(file, "recovery code"));
  const account = await recoverAccount({
    ...{ address, user, code },
    password: () => newPassword(context, { user, host: address.host }),
    config: configStore(context),
    confirmServer: (server) => confirmServer(context, server),
    onStep: showStep(context),
  });
  await account.close();
  await tellResult(
    context,
    { user, done: "password_changed" },
    `The new password of ${user} counts from now on; the mail is as it was.\n` +
      "The recovery code goes on counting. If somebody may have seen it: mailsec recovery-code\n" +
      `Next: mailsec connect ${addressText(address)} ${user}`,
  );
}

async function askRecoveryCode(context: CommandContext, user: string): Promise<Bytes> {
  const prompter = terminal(context);
  if (prompter === null) throw noTerminal("the recovery code", "--code-file FILE");
  return await askCode(prompter, {
    question: `Recovery code of ${user}: `,
    parse: parseRecoveryCode,
    tell: (line) => context.stderr(`${line}\n`),
  });
}
