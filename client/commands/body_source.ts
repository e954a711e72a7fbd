/** Bodies of mails from files and from standard input. */

import { MailsecError } from "../../crypto/errors.ts";
import { TooLargeError } from "../errors.ts";
import { formatSize } from "../terminal/format.ts";
import { describeFileProblem } from "../../cli/secret_file.ts";

/** A file that was named and cannot be used. Nothing was sent. */
export class FileError extends MailsecError {
  override name = "FileError";

  constructor(path: string, reason: string, cause?: unknown) {
    super("file", `Cannot load "${path}": ${reason}.`, { hint: "Nothing was sent.", cause });
  }
}

/**
 * The bytes of a file.
 *
 * @param maxBytes A larger one is refused before it is read.
 * @throws {FileError} {TooLargeError}
 */
export async function readBodyFile(
  path: string,
  maxBytes: number,
  use: "a body" | "attachments" = "a body",
): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    const { isDirectory, isFile, size } = await file.stat();
    if (isDirectory) throw new Deno.errors.IsADirectory();
    if (isFile && size > maxBytes) throw tooLarge(`"${path}"`, size, { maxBytes, use });
    return await readAll(file.readable, `"${path}"`, maxBytes, use);
  } catch (cause) {
    if (cause instanceof MailsecError) throw cause;
    throw new FileError(path, describeFileProblem(cause), cause);
  }
}

/**
 * All bytes of a stream.
 *
 * @param what Names the stream in the error.
 * @throws {TooLargeError} as soon as there are more than `maxBytes`.
 */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  what: string,
  maxBytes: number,
  use: "a body" | "attachments" = "a body",
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(what, undefined, { maxBytes, use });
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function tooLarge(
  what: string,
  size: number | undefined,
  { maxBytes, use }: { maxBytes: number; use: string },
): TooLargeError {
  const has = size === undefined ? "has more than that" : `has ${formatBytes(size)}`;
  return new TooLargeError(
    "body",
    `${what} is too large: ${use} may have ${formatBytes(maxBytes)}, this ${has}.`,
    { hint: "Nothing was sent. Make it smaller, or send it in parts." },
  );
}

function formatBytes(bytes: number): string {
  return bytes < 1000 ? formatSize(bytes) : `${bytes.toLocaleString("en")} bytes`;
}
