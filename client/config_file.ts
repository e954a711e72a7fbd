/**
 * One file of the client's configuration: a JSON object, replaced as a whole (written beside,
 * synced, renamed), so that a reader or a crash never meets half of one. These files decide what
 * the client trusts, so one that others may read or write is refused rather than believed.
 */

import { type Bytes, toHex, utf8 } from "../crypto/bytes.ts";
import type { BundleOwner } from "../crypto/key_bundle.ts";
import { ConfigError } from "./errors.ts";

const REALM_DIGITS = 16;

/** Where something about one account is kept: `DIR/FOLDER/REALM_USER.json`. */
export function accountFile(
  directory: string,
  folder: "devices" | "tickets" | "evidence",
  { realm, user }: BundleOwner,
): string {
  return `${directory}/${folder}/${toHex(realm).slice(0, REALM_DIGITS)}_${user}.json`;
}

/**
 * Replaces the file (0600), its folder made when it is not there (0700).
 *
 * @throws {ConfigError}
 */
export async function writeJson(path: string, value: Record<string, unknown>): Promise<void> {
  try {
    await makeFolderOf(path);
    await replaceFile(path, utf8(JSON.stringify(value) + "\n"));
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/**
 * Does some work while no other process or part of this one does work under the same lock file
 * (empty, left in place).
 *
 * @throws {ConfigError} when the file cannot be made.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  // Not `using`: the minifier loses one whose name is used once, and the lock would stay.
  const file = await openLock(path);
  try {
    await file.lock(true);
    return await work();
  } finally {
    file.close();
  }
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    await makeFolderOf(path);
    return await Deno.open(path, { write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** Makes the folder of a file (0700) when it is not there. */
export async function makeFolderOf(path: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
}

function cannotWrite(path: string, cause: unknown): ConfigError {
  return new ConfigError(`Cannot write "${path}": ${reasonOf(cause)}.`, {
    hint: "Choose another folder with --config DIR.",
    cause,
  });
}

/** Replaces the file (0600), its folder made when it is not there (0700). @throws {ConfigError} */
export async function writeBytes(path: string, bytes: Bytes): Promise<void> {
  try {
    await makeFolderOf(path);
    await replaceFile(path, bytes);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** Writes beside, syncs, renames. The name beside is random, so that two writers do not meet. */
async function replaceFile(path: string, bytes: Bytes): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.new`;
  try {
    using file = await Deno.open(beside, { write: true, createNew: true, mode: 0o600 });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => undefined);
    throw error;
  }
}

/** Removes a file; one that is not there is removed already. @throws {ConfigError} */
export async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cannotWrite(path, cause);
  }
}

/** The object in a file, null when there is no file. */
export async function readJson(path: string): Promise<Record<string, unknown> | null> {
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

/** The error for a file whose content cannot be right. */
export function damaged(path: string): ConfigError {
  return new ConfigError(`"${path}" is damaged.`, { hint: "Remove it and connect again." });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
