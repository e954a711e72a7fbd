/**
 * The data folder of a server:
 *
 *     server.key       the server's secrets (vault/key_file.ts)
 *     server.key.lock  held by whoever replaces server.key
 *     mail.db          the mail store, with mail.db-wal and mail.db-shm while it is open
 *     address          HOST:PORT that invites name (written by the server)
 *     lock             held by the server that runs on this folder
 *     *.new            a file that was being written when the server was killed
 *     mailsec.toml     settings, when the administrator writes some
 *
 * The folder is its owner's only (0700), as is every file in it (0600).
 */

import { type HostPort, parseHostPort } from "./address.ts";
import { SETTINGS_FILE } from "./config.ts";
import { DataFolderError } from "./errors.ts";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Permission bits that nobody but the owner may have on what is secret. */
const OTHERS = 0o077;

/** What may be in a folder without keys: settings, and what a first start leaves when it is killed. */
const BEFORE_SET_UP: ReadonlySet<string> = new Set([
  SETTINGS_FILE,
  "lock",
  "server.key.lock",
  "server.key.new",
]);

/** Where things are in a data folder. */
export interface DataPaths {
  readonly folder: string;
  readonly keyFile: string;
  readonly store: string;
  readonly address: string;
  readonly lock: string;
}

export function dataPaths(folder: string): DataPaths {
  return {
    folder,
    keyFile: `${folder}/server.key`,
    store: `${folder}/mail.db`,
    address: `${folder}/address`,
    lock: `${folder}/lock`,
  };
}

/** Whether a server was set up in this folder. */
export function isSetUp(paths: DataPaths): boolean {
  return statOf(paths.keyFile) !== null;
}

/**
 * Makes the folder of a new server, or checks that of an earlier one.
 *
 * @throws {DataFolderError} when it cannot be made, is something else, or is open to others.
 */
export function prepareDataFolder(paths: DataPaths): void {
  const found = statOf(paths.folder);
  if (found === null) {
    attempt(`Creating the data folder ${paths.folder}`, () => {
      Deno.mkdirSync(paths.folder, { recursive: true, mode: FOLDER_MODE });
      Deno.chmodSync(paths.folder, FOLDER_MODE);
    });
    return;
  }
  if (!found.isDirectory) throw new DataFolderError("data_folder", `${paths.folder} is a file.`);
  if (isSetUp(paths)) return requirePrivate(paths.folder, found);
  const strangers = attempt(
    `Reading ${paths.folder}`,
    () => [...Deno.readDirSync(paths.folder)].filter(({ name }) => !BEFORE_SET_UP.has(name)),
  );
  if (strangers.length > 0) {
    throw new DataFolderError("data_folder", `${paths.folder} has other things in it.`, {
      hint: "Name an empty folder, or one that does not exist yet, with --data.",
    });
  }
  attempt(`Closing ${paths.folder} to others`, () => Deno.chmodSync(paths.folder, FOLDER_MODE));
}

/**
 * Holds the folder for this process until the file is closed.
 *
 * @throws {DataFolderError} `data_folder_in_use` when another process holds it.
 */
export function lockDataFolder(paths: DataPaths): Deno.FsFile {
  return attempt(`Locking ${paths.folder}`, () => {
    const file = Deno.openSync(paths.lock, { write: true, create: true, mode: FILE_MODE });
    if (file.tryLockSync(true)) return file;
    file.close();
    throw new DataFolderError(
      "data_folder_in_use",
      `Another mailsec server is running on ${paths.folder}.`,
      { hint: "Stop it first, or name another data folder with --data." },
    );
  });
}

/**
 * Runs `work`, which reads and replaces the key file, while nobody else does. Waits for its turn.
 */
export async function withKeyFileLock<T>(
  paths: DataPaths,
  work: () => T | Promise<T>,
): Promise<T> {
  const path = `${paths.keyFile}.lock`;
  // Not `using`: the minifier loses one whose name is used once, and the lock would stay.
  const file = attempt(
    `Locking ${path}`,
    () => Deno.openSync(path, { write: true, create: true, mode: FILE_MODE }),
  );
  try {
    await file.lock(true);
    return await work();
  } finally {
    file.close();
  }
}

/** When the key file was replaced last: a text that is another one after each time. */
export function keyFileStamp(paths: DataPaths): string {
  const { ino, mtime, size } = attempt(
    `Looking at ${paths.keyFile}`,
    () => Deno.statSync(paths.keyFile),
  );
  return `${ino} ${mtime?.getTime()} ${size}`;
}

/**
 * Reads a file of secrets.
 *
 * @throws {DataFolderError} `data_folder_unsafe` when others can read or change it.
 */
export function readSecretFile(path: string): Uint8Array<ArrayBuffer> {
  return attempt(`Reading ${path}`, () => {
    using file = Deno.openSync(path, { read: true });
    const stat = file.statSync();
    requirePrivate(path, stat);
    const bytes = new Uint8Array(stat.size);
    let length = 0;
    while (length < bytes.length) length += file.readSync(bytes.subarray(length)) ?? bytes.length;
    return bytes;
  });
}

/** Writes a file whole or not at all, durable when it returns, readable for the owner only. */
export function writeFileSafely(path: string, bytes: Uint8Array): void {
  attempt(`Writing ${path}`, () => {
    const fresh = `${path}.new`;
    if (statOf(fresh) !== null) Deno.removeSync(fresh);
    {
      using file = Deno.openSync(fresh, { write: true, createNew: true, mode: FILE_MODE });
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncSync();
    }
    Deno.renameSync(fresh, path);
    // Windows cannot open a folder; there a rename is as durable as it gets.
    if (Deno.build.os === "windows") return;
    const folder = Deno.openSync(path.replace(/[^/]*$/, ".") || ".");
    try {
      folder.syncSync();
    } finally {
      folder.close();
    }
  });
}

/** The address that invites name; null before a server has listened. */
export function readAddress(paths: DataPaths): HostPort | null {
  if (statOf(paths.address) === null) return null;
  const text = attempt(`Reading ${paths.address}`, () => Deno.readTextFileSync(paths.address));
  return parseHostPort(text.trim());
}

/** Remembers the address that invites name. */
export function writeAddress(paths: DataPaths, address: HostPort): void {
  if (readAddress(paths)?.text === address.text) return;
  writeFileSafely(paths.address, new TextEncoder().encode(address.text + "\n"));
}

function requirePrivate(path: string, stat: Deno.FileInfo): void {
  if (stat.mode === null || (stat.mode & OTHERS) === 0) return;
  throw new DataFolderError("data_folder_unsafe", `Others on this machine can get at ${path}.`, {
    hint: `Run: chmod ${stat.isDirectory ? "700" : "600"} ${path}`,
  });
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.NotADirectory) return null;
    throw new DataFolderError("data_folder", `Looking at ${path} failed.`, { cause: error });
  }
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    const reason = error instanceof Error ? error.message : "unknown reason";
    throw new DataFolderError("data_folder", `${what} failed: ${reason}`, { cause: error });
  }
}
