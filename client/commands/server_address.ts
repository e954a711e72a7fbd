import type { CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { DEFAULT_PORT } from "../../protocol/limits.ts";
import { parseServerAddress, type ServerAddress } from "../address.ts";
import { asUsage } from "./open_mailbox.ts";

/** The argument HOST and `--port` together; both may say the port if they say the same. */
export function givenAddress(context: CommandContext): ServerAddress {
  const host = context.args.one("host");
  const port = context.options.integer("port");
  const address = asUsage(() => parseServerAddress(host, port ?? DEFAULT_PORT));
  if (port !== undefined && port !== address.port) {
    throw new UsageError(`"${host}" and --port ${port} name different ports.`, "Give one of them.");
  }
  return address;
}
