/** `mailsec serve` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { EXIT_FAILED, EXIT_OK } from "../../cli/exit_codes.ts";
import { renderTable } from "../../cli/table.ts";
import { describeConfig, type LoadedConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { type RunningServer, startServer } from "../serve.ts";
import { keyPassphrase } from "./key_passphrase.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<number> {
  const loaded = commandConfig(context, "serve");
  if (context.options.flag("print-config")) return await printConfig(context, loaded);
  const { config } = loaded;
  const log = createLog({ format: config.log, write: writeToStderr, now: () => Date.now() });
  const passphrase = await keyPassphrase(context, config);
  if (passphrase === null && config.keyPassphraseFile !== null) {
    log.warn("key_file_not_sealed", { hint: "mailsec server passphrase seals it" });
  }
  const server = await startServer({ config, log, keyPassphrase: passphrase });
  const stopListening = onSignals(server);
  announce(server, config.data);
  const inGoodOrder = await server.ended;
  stopListening();
  if (inGoodOrder) log.info("stopped");
  return inGoodOrder ? EXIT_OK : EXIT_FAILED;
}

/** What the administrator wants to read first; the last line says that clients may come. */
function announce({ info, address, publicAddress }: RunningServer, data: string): void {
  const users = `${info.users} ${info.users === 1 ? "user" : "users"}`;
  const lines = info.isNew
    ? [
      `made a new server in ${data}`,
      `fingerprint ${info.fingerprint}`,
      `invites will name ${publicAddress.text} (--public-address changes that)`,
      `invite somebody: mailsec user invite NAME --data ${data}`,
    ]
    : [`opened ${data}: ${users}, fingerprint ${info.fingerprint}`];
  for (const line of [...lines, `listening on ${address.text}`]) writeToStderr(line + "\n");
}

/** SIGTERM and SIGINT drain, a second one ends the process at once. */
function onSignals(server: RunningServer): () => void {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  let asked = false;
  function onSignal(): void {
    if (asked) Deno.exit(EXIT_FAILED);
    asked = true;
    void server.drain();
  }
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  };
}

async function printConfig(context: CommandContext, loaded: LoadedConfig): Promise<number> {
  const settings = describeConfig(loaded);
  if (context.options.flag("json")) {
    await context.stdout(escapedJson(settings) + "\n");
    return EXIT_OK;
  }
  const rows = settings.map(({ name, value, origin }) => [name, String(value ?? "-"), origin]);
  const columns = [{ header: "SETTING" }, { header: "VALUE", min: 8 }, { header: "FROM", min: 8 }];
  const lines = renderTable(columns, rows, { width: context.columns });
  await context.stdout(lines.map((line) => line + "\n").join(""));
  return EXIT_OK;
}

/** At once, so that the order is right and nothing is lost when the process ends. */
function writeToStderr(line: string): void {
  const bytes = new TextEncoder().encode(line);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nobody reads it: the server goes on without.
  }
}
