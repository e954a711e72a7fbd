import type { CommandContext } from "../../cli/command.ts";
import { loadConfig, type LoadedConfig, type SettingSources } from "../config.ts";
import { SettingError } from "../errors.ts";

/** The options of commands; what a command has no option for comes from elsewhere. */
const DATA_FLAGS = ["data", "key-passphrase-file"];
const ADDRESS_FLAGS = [...DATA_FLAGS, "public-address"];
const SERVE_FLAGS = [
  ...ADDRESS_FLAGS,
  "host",
  "port",
  "max-connections",
  "max-connections-per-user",
  "max-message-bytes",
  "log",
];
const FLAGS = { "data": DATA_FLAGS, "data and address": ADDRESS_FLAGS, "serve": SERVE_FLAGS };

/**
 * Settings as this process is called. Throws SettingError.
 *
 * @param folder The data folder, for a command that takes it as an argument.
 */
export function commandConfig(
  context: CommandContext,
  flags: "serve" | "data" | "data and address",
  folder?: string,
): LoadedConfig {
  function flag(name: string): string | undefined {
    if (name === "data" && folder !== undefined) return folder;
    return FLAGS[flags].includes(name) ? context.options.text(name) : undefined;
  }
  const sources: SettingSources = {
    flag,
    env: context.env,
    readFile,
    isFolder,
    stderrIsTerminal: context.stderrIsTerminal,
  };
  return loadConfig(sources);
}

function readFile(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw new SettingError(`Reading ${path} failed.`, { cause: error });
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
