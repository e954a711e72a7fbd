import type { CommandContext } from "../../cli/command.ts";
import { type AdminOffice, withOffice } from "../admin/office.ts";
import type { ServerConfig } from "../config.ts";
import { keyPassphrase } from "./key_passphrase.ts";

/** Works on the data folder that the settings name; asks for its pass phrase if there is one. */
export async function inOffice<T>(
  context: CommandContext,
  config: ServerConfig,
  work: (office: AdminOffice) => Promise<T>,
): Promise<T> {
  return await withOffice(config.data, work, await keyPassphrase(context, config));
}
