/** `mailsec server passphrase` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { changeKeyPassphrase } from "../admin/keys.ts";
import { keyPassphrase, newKeyPassphrase } from "./key_passphrase.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data");
  const remove = context.options.flag("remove");
  const file = context.options.text("new-passphrase-file");
  if (remove && file !== undefined) {
    throw new UsageError("--remove and --new-passphrase-file exclude each other.");
  }
  await changeKeyPassphrase(config.data, {
    current: () => keyPassphrase(context, config),
    next: () => remove ? Promise.resolve(null) : newKeyPassphrase(context, file),
  });
  if (context.options.flag("json")) {
    await context.stdout(escapedJson({ sealed: !remove }) + "\n");
  } else {
    await context.stderr(remove ? OPENED : SEALED);
  }
}

const SEALED = "server.key is sealed: serve and every other command on this folder need the pass " +
  "phrase from now on.\nWhoever loses it loses the server. Copies made before are as they were.\n";
const OPENED = "server.key is not sealed any more: whoever has the file has the server's keys.\n";
