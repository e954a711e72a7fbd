/** Passwords in files: `--password-file`. */

import { readSecretFileLine } from "../../cli/secret_file.ts";

/** The first line of a file, without its line end. @throws {SecretFileError} */
export function readPasswordFile(path: string): Promise<string> {
  return readSecretFileLine(path, "password");
}
