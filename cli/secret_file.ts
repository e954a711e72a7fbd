/** Passwords and pass phrases in files: `--password-file` and its like. */

import { MailsecError } from "../crypto/errors.ts";

/** Greatest part of such a file that is looked at, in bytes. */
const MAX_SECRET_FILE_BYTES = 4096;

/** A file with a password or a pass phrase that cannot be used. */
export class SecretFileError extends MailsecError {
  override name = "SecretFileError";

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super("secret_file", message, options);
  }
}

/**
 * The first line of a file, without its line end.
 *
 * @param what What is in the file: "password".
 * @throws {SecretFileError} when others can read the file, it cannot be read, or its first line is
 *   empty, too long, or not UTF-8.
 */
export async function readSecretFileLine(path: string, what: string): Promise<string> {
  function unusable(reason: string, cause?: unknown): SecretFileError {
    const options = { hint: `The ${what} is the first line of the file.`, cause };
    return new SecretFileError(`Cannot use the ${what} file "${path}": ${reason}.`, options);
  }
  let bytes: Uint8Array;
  try {
    bytes = await readBeginning(path, what);
  } catch (cause) {
    if (cause instanceof SecretFileError) throw cause;
    throw unusable(describeFileProblem(cause), cause);
  }
  const end = bytes.indexOf(0x0a);
  if (end === -1 && bytes.length >= MAX_SECRET_FILE_BYTES) {
    throw unusable("its first line is too long");
  }
  let line: string;
  try {
    line = new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(0, end === -1 ? undefined : end),
    );
  } catch {
    throw unusable("its first line is not UTF-8");
  }
  const secret = line.replace(/\r$/, "");
  if (secret === "") throw unusable("its first line is empty");
  return secret;
}

async function readBeginning(path: string, what: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  refuseReadableByOthers(path, what, await file.stat());
  const bytes = new Uint8Array(MAX_SECRET_FILE_BYTES);
  let length = 0;
  while (length < bytes.length) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function refuseReadableByOthers(path: string, what: string, info: Deno.FileInfo): void {
  // A pipe (`--password-file <(pass show mail)`) has no readers but us; Windows has no mode.
  if (!info.isFile || info.mode === null || (info.mode & 0o077) === 0) return;
  throw new SecretFileError(`The ${what} file "${path}" can be read or changed by other users.`, {
    hint: `chmod 600 "${path}"`,
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
