/** New secrets written to files of their own: `--recovery-file`. */

import { describeFileProblem } from "../../cli/secret_file.ts";
import { ConfigError } from "../errors.ts";

/**
 * Writes a line to a new file that only its owner can read, durably.
 *
 * @throws {ConfigError} when there is a file of that name already, or it cannot be written.
 */
export async function writeSecretFile(path: string, line: string): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(`${line}\n`);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new ConfigError(`There is a file "${path}" already; it is not overwritten.`, {
        hint: "Give another name, or move that file away first.",
        cause,
      });
    }
    throw new ConfigError(`Cannot write "${path}": ${describeFileProblem(cause)}.`, { cause });
  }
}
