/**
 * The server's settings and where each comes from: flags, then MAILSEC_* variables, then
 * `mailsec.toml` in the data folder, then defaults.
 */

import { parse as parseToml } from "smol-toml";
import {
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_CONNECTIONS_PER_USER,
  DEFAULT_PORT,
  MAX_BODY_BYTES,
  MAX_MESSAGE_BYTES,
} from "../protocol/limits.ts";
import { type HostPort, parseHostPort } from "./address.ts";
import { SettingError } from "./errors.ts";
import type { LogFormat } from "./log.ts";

/** Everything `mailsec serve` can be told. */
export interface ServerConfig {
  /** Address to listen on. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Path of the data folder. */
  readonly data: string;
  /** Sessions at once. */
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  /** Greatest message, attachments included, in bytes. */
  readonly maxMessageBytes: number;
  /** What invites name; null: the machine's host name (or `host`, if it is a loopback address). */
  readonly publicAddress: HostPort | null;
  /** File whose first line is the pass phrase of the key file; null: it is asked for, if needed. */
  readonly keyPassphraseFile: string | null;
  readonly log: LogFormat;
}

/** Name of the settings file in the data folder. */
export const SETTINGS_FILE = "mailsec.toml";

/** A setting: its flag is `--name`, its variable MAILSEC_NAME, its key in the file is in snake_case. */
interface Setting<T> {
  readonly name: string;
  readonly fallback: T;
  /** Throws SettingError with what is allowed. */
  readonly parse: (text: string) => T;
}

/** The world that settings are read from. */
export interface SettingSources {
  /** The text of a flag, undefined when it was not given. */
  flag(name: string): string | undefined;
  env(name: string): string | undefined;
  /** The text of a file, null when there is none. */
  readFile(path: string): string | null;
  /** Whether a folder is there. */
  isFolder(path: string): boolean;
  /** What the log format is when nobody says: a person looks at it, or a program. */
  readonly stderrIsTerminal: boolean;
}

/** Settings, and for each by its name where the value was found. */
export interface LoadedConfig {
  readonly config: ServerConfig;
  readonly origins: ReadonlyMap<string, string>;
}

/** Reads all settings. Throws SettingError. */
export function loadConfig(sources: SettingSources): LoadedConfig {
  const origins = new Map<string, string>();
  let file: ReadonlyMap<string, string> = new Map();
  let filePath = "";
  function read<T>({ name, fallback, parse }: Setting<T>): T {
    const variable = "MAILSEC_" + name.toUpperCase().replaceAll("-", "_");
    const candidates: [text: string | undefined, origin: string][] = [
      [sources.flag(name), `flag --${name}`],
      [sources.env(variable), `variable ${variable}`],
      [file.get(name.replaceAll("-", "_")), filePath],
    ];
    const found = candidates.find(([text]) => text !== undefined);
    origins.set(name, found?.[1] ?? "default");
    if (found === undefined) return fallback;
    try {
      return parse(found[0]!);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      throw new SettingError(`${found[1]}: ${error.message}`, { cause: error });
    }
  }
  const data = read({ name: "data", fallback: defaultDataFolder(sources), parse: folder });
  filePath = `${data}/${SETTINGS_FILE}`;
  file = readSettingsFile(filePath, sources.readFile(filePath));
  const log: LogFormat = sources.stderrIsTerminal ? "text" : "json";
  const sessions = wholeNumber(1, 10_000);
  const config: ServerConfig = {
    host: read({ name: "host", fallback: "0.0.0.0", parse: hostName }),
    port: read({ name: "port", fallback: DEFAULT_PORT, parse: wholeNumber(0, 65_535) }),
    data,
    maxConnections: read({
      name: "max-connections",
      fallback: DEFAULT_MAX_CONNECTIONS,
      parse: sessions,
    }),
    maxConnectionsPerUser: read({
      name: "max-connections-per-user",
      fallback: DEFAULT_MAX_CONNECTIONS_PER_USER,
      parse: sessions,
    }),
    maxMessageBytes: read({
      name: "max-message-bytes",
      fallback: MAX_MESSAGE_BYTES,
      parse: wholeNumber(2 * MAX_BODY_BYTES, MAX_MESSAGE_BYTES),
    }),
    publicAddress: read({ name: "public-address", fallback: null, parse: publicAddress }),
    keyPassphraseFile: read({
      name: "key-passphrase-file",
      fallback: null,
      parse: (path): string | null => path,
    }),
    log: read({ name: "log", fallback: log, parse: logFormat }),
  };
  return { config, origins };
}

/** Name, value and origin of every setting, for `--print-config`. */
export function describeConfig(
  { config, origins }: LoadedConfig,
): { name: string; value: string | number | null; origin: string }[] {
  const values: Record<string, string | number | null> = {
    "data": config.data,
    "host": config.host,
    "port": config.port,
    "max-connections": config.maxConnections,
    "max-connections-per-user": config.maxConnectionsPerUser,
    "max-message-bytes": config.maxMessageBytes,
    "public-address": config.publicAddress === null ? null : config.publicAddress.text,
    "key-passphrase-file": config.keyPassphraseFile,
    "log": config.log,
  };
  return Object.entries(values).map(([name, value]) => ({
    name,
    value,
    origin: origins.get(name) ?? "default",
  }));
}

/** The keys that mailsec.toml may have. */
const FILE_KEYS = new Set([
  "host",
  "port",
  "max_connections",
  "max_connections_per_user",
  "max_message_bytes",
  "public_address",
  "key_passphrase_file",
  "log",
]);

function readSettingsFile(path: string, text: string | null): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  if (text === null) return settings;
  let table: Record<string, unknown>;
  try {
    table = parseToml(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0]! : "";
    throw new SettingError(`Reading ${path}: ${reason}.`, { cause: error });
  }
  for (const [key, value] of Object.entries(table)) {
    if (!FILE_KEYS.has(key)) {
      throw new SettingError(`Reading ${path}: there is no setting "${key}".`, {
        hint: `The settings are ${[...FILE_KEYS].join(", ")}.`,
      });
    }
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") {
      throw new SettingError(`Reading ${path}: "${key}" must be a text or a number.`);
    }
    settings.set(key, String(value));
  }
  return settings;
}

/** `./mailsec-data`, unless there is none and the system's state folder has one. */
function defaultDataFolder(sources: SettingSources): string {
  const here = "./mailsec-data";
  const state = sources.env("XDG_STATE_HOME");
  const there = state === undefined ? null : `${state}/mailsec`;
  return there !== null && !sources.isFolder(here) && sources.isFolder(there) ? there : here;
}

function folder(text: string): string {
  if (text.trim() === "") throw new SettingError("The data folder has an empty name.");
  return text.length > 1 ? text.replace(/\/+$/, "") : text;
}

function hostName(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (!/^[A-Za-z0-9._:%-]{1,255}$/.test(host)) {
    throw new SettingError(`"${text}" is not a host name or an IP address.`);
  }
  return host;
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(number >= min && number <= max)) {
      throw new SettingError(`"${text}" is not a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

function publicAddress(text: string): HostPort {
  const address = parseHostPort(text);
  if (address === null) {
    throw new SettingError(`"${text}" is not of the form HOST:PORT.`, {
      hint: "An IPv6 address goes in brackets: [2001:db8::1]:12049.",
    });
  }
  return address;
}

function logFormat(text: string): LogFormat {
  if (text === "text" || text === "json") return text;
  throw new SettingError(`"${text}" is neither text nor json.`);
}
