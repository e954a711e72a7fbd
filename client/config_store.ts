/**
 * What the client keeps on disk; no private key and no password is among it.
 *
 * ```
 * DIR/                        0700
 *   last.json                 0600  {"host": …, "port": …, "user": …}: the account used last
 *   servers/HOST_PORT.json    0600  {"realm": hex, "rootFingerprint": hex, "seq": n}: a pinned server
 * ```
 *
 * Files are replaced as a whole (written beside, synced, renamed), so a reader or a crash never
 * meets half of one. A pin decides whom the client trusts, so a file that others may write is
 * refused rather than believed.
 */

import { fromHex } from "../crypto/bytes.ts";
import { isUserName } from "../crypto/names.ts";
import type { ServerAddress } from "./address.ts";
import { ConfigError } from "./errors.ts";

/** The account that was used last. */
export interface LastAccount {
  readonly server: ServerAddress;
  readonly user: string;
}

/** A server as it was met first (or last confirmed). */
export interface PinnedServer {
  /** Fingerprint of the root key at birth, hexadecimal (32 bytes). */
  readonly realm: string;
  /** Fingerprint of the root key in use, hexadecimal (32 bytes). */
  readonly rootFingerprint: string;
  /** Number of the newest server record seen. */
  readonly seq: number;
}

export class ConfigStore {
  /** @param directory Made (0700) at the first write; see `configDirectory`. */
  constructor(readonly directory: string) {}

  /** The account used last, or null. */
  async last(): Promise<LastAccount | null> {
    const path = `${this.directory}/last.json`;
    const value = await readJson(path);
    if (value === null) return null;
    const { host, port, user } = value;
    if (typeof host !== "string" || !isPort(port) || typeof user !== "string") throw damaged(path);
    if (!isUserName(user)) throw damaged(path);
    return { server: { host, port }, user };
  }

  /** Remembers the account used last. */
  async saveLast({ server, user }: LastAccount): Promise<void> {
    await this.#write("last.json", { host: server.host, port: server.port, user });
  }

  /** The pin of a server, or null when it was never met. */
  async pinnedServer(address: ServerAddress): Promise<PinnedServer | null> {
    const path = this.pinPath(address);
    const value = await readJson(path);
    if (value === null) return null;
    const { realm, rootFingerprint, seq } = value;
    if (!isFingerprint(realm) || !isFingerprint(rootFingerprint) || !isSequence(seq)) {
      throw damaged(path);
    }
    return { realm, rootFingerprint, seq };
  }

  /** Pins a server, in place of an earlier pin. */
  async pinServer(address: ServerAddress, pin: PinnedServer): Promise<void> {
    const { realm, rootFingerprint, seq } = pin;
    await this.#write(pinFile(address), { realm, rootFingerprint, seq });
  }

  /** Where the pin of a server is kept, to be named in messages. */
  pinPath(address: ServerAddress): string {
    return `${this.directory}/${pinFile(address)}`;
  }

  async #write(file: string, value: Record<string, unknown>): Promise<void> {
    const path = `${this.directory}/${file}`;
    try {
      const folder = path.slice(0, path.lastIndexOf("/"));
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceFile(path, JSON.stringify(value) + "\n");
    } catch (cause) {
      throw new ConfigError(`Cannot write "${path}": ${reasonOf(cause)}.`, {
        hint: "Choose another folder with --config DIR.",
        cause,
      });
    }
  }
}

/**
 * The folder of the client's files: the one given, else `$XDG_CONFIG_HOME/mailsec`, else
 * `$HOME/.config/mailsec`.
 *
 * @param given What `--config` says.
 * @param env Reads an environment variable.
 */
export function configDirectory(
  given: string | undefined,
  env: (name: string) => string | undefined,
): string {
  if (given !== undefined && given !== "") return given.replace(/(?<=.)\/+$/, "");
  const xdg = env("XDG_CONFIG_HOME");
  // The XDG base directory specification: a relative path is invalid and to be ignored.
  if (xdg?.startsWith("/")) return `${xdg.replace(/\/+$/, "")}/mailsec`;
  const home = env("HOME");
  if (home) return `${home}/.config/mailsec`;
  throw new ConfigError("There is no folder for mailsec's files: HOME is not set.", {
    hint: "Name one with --config DIR.",
  });
}

function pinFile({ host, port }: ServerAddress): string {
  const safeHost = host.toLowerCase().replace(/[^a-z0-9.-]/g, (c) => `%${c.codePointAt(0)}`);
  return `servers/${safeHost}_${port}.json`;
}

/** Writes beside, syncs, renames. The name beside is random, so that two writers do not meet. */
async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.new`;
  try {
    using file = await Deno.open(beside, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => undefined);
    throw error;
  }
}

/** The object in a file, null when there is no file. */
async function readJson(path: string): Promise<Record<string, unknown> | null> {
  let text: string;
  try {
    using file = await Deno.open(path);
    refuseUnsafe(path, await file.stat());
    text = await new Response(file.readable).text();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`Cannot read "${path}": ${reasonOf(cause)}.`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged(path);
  return value as Record<string, unknown>;
}

function refuseUnsafe(path: string, info: Deno.FileInfo): void {
  // Windows has no mode; there the folder's access list decides.
  if (Deno.build.os === "windows" || info.mode === null || (info.mode & 0o077) === 0) return;
  throw new ConfigError(`"${path}" can be read or changed by other users.`, {
    hint: `Look at it, then: chmod 600 "${path}"`,
  });
}

function damaged(path: string): ConfigError {
  return new ConfigError(`"${path}" is damaged.`, { hint: "Remove it and connect again." });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}

function isSequence(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function isFingerprint(value: unknown): value is string {
  try {
    return typeof value === "string" && fromHex(value).length === 32;
  } catch {
    return false;
  }
}
