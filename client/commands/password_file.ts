/** Passwords in files: `--password-file`. */

import { ConfigError } from "../errors.ts";

/** Greatest part of a password file that is looked at, in bytes. */
const MAX_PASSWORD_FILE_BYTES = 4096;

/**
 * The first line of a file, without its line end.
 *
 * @throws {ConfigError} when others can read the file, it cannot be read, or its first line is
 *   empty, too long, or not UTF-8.
 */
export async function readPasswordFile(path: string): Promise<string> {
  const bytes = await readBeginning(path);
  const end = bytes.indexOf(0x0a);
  if (end === -1 && bytes.length >= MAX_PASSWORD_FILE_BYTES) {
    throw unusable(path, "its first line is too long");
  }
  let line: string;
  try {
    line = new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(0, end === -1 ? undefined : end),
    );
  } catch {
    throw unusable(path, "its first line is not UTF-8");
  }
  const password = line.replace(/\r$/, "");
  if (password === "") throw unusable(path, "its first line is empty");
  return password;
}

async function readBeginning(path: string): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    refuseReadableByOthers(path, await file.stat());
    const bytes = new Uint8Array(MAX_PASSWORD_FILE_BYTES);
    let length = 0;
    while (length < bytes.length) {
      const read = await file.read(bytes.subarray(length));
      if (read === null) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw unusable(path, describeFileProblem(cause), cause);
  }
}

function refuseReadableByOthers(path: string, info: Deno.FileInfo): void {
  // A pipe (`--password-file <(pass show mail)`) has no readers but us; Windows has no mode.
  if (!info.isFile || info.mode === null || (info.mode & 0o077) === 0) return;
  throw new ConfigError(`The password file "${path}" can be read or changed by other users.`, {
    hint: `chmod 600 "${path}"`,
  });
}

function unusable(path: string, reason: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot use the password file "${path}": ${reason}.`, {
    hint: "The password is the first line of the file.",
    cause,
  });
}

/** What is wrong with a file, in words for the user. */
export function describeFileProblem(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is no such file";
  if (cause instanceof Deno.errors.PermissionDenied) return "it may not be read";
  if (cause instanceof Deno.errors.NotCapable) return "mailsec is not permitted to read it";
  if (cause instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (cause instanceof Error) {
    // The runtime's own text, without what it tells programmers: "(os error 5): read 'x'".
    return cause.message.replace(/ ?\(os error \d+\).*$/s, "");
  }
  return String(cause);
}
