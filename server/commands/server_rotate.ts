/** `mailsec server rotate` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { rotateServerKeys } from "../admin/keys.ts";
import { keyPassphrase } from "./key_passphrase.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data");
  const passphrase = await keyPassphrase(context, config);
  const { seq, notAfter } = await rotateServerKeys(config.data, { passphrase, now: Date.now() });
  const validUntil = new Date(notAfter).toISOString();
  if (context.options.flag("json")) {
    await context.stdout(escapedJson({ seq, validUntil }) + "\n");
    return;
  }
  await context.stderr(
    `The server has a new key: record ${seq}, valid until ${validUntil}.\n` +
      "A running server uses it within seconds, and clients follow by themselves.\n",
  );
}
