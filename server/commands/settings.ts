import type { CommandContext } from "../../cli/command.ts";
import { loadConfig, type LoadedConfig, type SettingSources } from "../config.ts";
import { SettingError } from "../errors.ts";

/** The options of `serve`; a command that has fewer takes the rest from elsewhere. */
const FLAGS = new Set(["data", "public-address"]);
const SERVE_FLAGS = new Set([
  ...FLAGS,
  "host",
  "port",
  "max-connections",
  "max-connections-per-user",
  "max-message-bytes",
  "log",
]);

/** Settings as this process is called. Throws SettingError. */
export function commandConfig(
  context: CommandContext,
  flags: "serve" | "data" | "data and address",
): LoadedConfig {
  const known = flags === "serve" ? SERVE_FLAGS : flags === "data" ? new Set(["data"]) : FLAGS;
  const sources: SettingSources = {
    flag: (name) => known.has(name) ? context.options.text(name) : undefined,
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
