/** Small text files that a command reads and writes. */

import { MailsecError } from "../../crypto/errors.ts";
import { MAX_LOG_ENTRIES, MAX_LOG_LEAF_BYTES } from "../../protocol/limits.ts";
import { readAll } from "./body_source.ts";
import { describeFileProblem } from "../../cli/secret_file.ts";

/** Greatest file that is read, in bytes: the greatest exported key log, in base64 with quotes. */
const MAX_TEXT_BYTES = MAX_LOG_ENTRIES * MAX_LOG_LEAF_BYTES * 2;

/** A file that was named and cannot be read or written. */
export class TextFileError extends MailsecError {
  override name = "TextFileError";

  constructor(message: string, detail: { hint?: string; cause?: unknown } = {}) {
    super("file", message, detail);
  }
}

/**
 * A file's text; `-` is standard input.
 *
 * @throws {TextFileError} when it cannot be read, or is not UTF-8.
 */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(path);
  } catch (cause) {
    if (cause instanceof MailsecError) throw cause;
    throw new TextFileError(`Cannot read "${path}": ${describeFileProblem(cause)}.`, { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TextFileError(`Cannot read "${path}": it is not UTF-8 text.`, { cause });
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  if (path === "-") {
    return await readAll(Deno.stdin.readable, "standard input", MAX_TEXT_BYTES);
  }
  using file = await Deno.open(path);
  if ((await file.stat()).isDirectory) throw new Deno.errors.IsADirectory();
  return await readAll(file.readable, `"${path}"`, MAX_TEXT_BYTES);
}

/** Writes a new file. @throws {TextFileError} when there is one already, or it cannot be written. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true });
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new TextFileError(`There is a file "${path}" already; it is not overwritten.`, {
        hint: "Give another name, or move that file away first.",
        cause,
      });
    }
    throw new TextFileError(`Cannot write "${path}": ${describeFileProblem(cause)}.`, { cause });
  }
}
