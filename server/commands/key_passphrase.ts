/** Where the pass phrase of the key file comes from. It is never an argument: those are for all to see. */

import type { CommandContext } from "../../cli/command.ts";
import { readSecretFileLine } from "../../cli/secret_file.ts";
import { UsageError } from "../../cli/usage_error.ts";
import type { ServerConfig } from "../config.ts";
import { dataPaths, isSetUp } from "../data_folder.ts";
import { SettingError } from "../errors.ts";
import { isKeyFileSealed } from "../vault/key_file.ts";
import { MIN_KEY_PASSPHRASE_LENGTH } from "../vault/key_seal.ts";

/**
 * The pass phrase of a key file that is sealed, from the file that the settings name or from whoever
 * sits at the terminal; for a new server the one to seal its keys with, if the settings name it.
 * Null: none is needed.
 *
 * @throws {SecretFileError} {DataFolderError}
 * @throws {UsageError} without a terminal
 */
export async function keyPassphrase(
  context: CommandContext,
  { data, keyPassphraseFile }: ServerConfig,
): Promise<string | null> {
  const paths = dataPaths(data);
  if (!isSetUp(paths)) {
    return keyPassphraseFile === null ? null : await newPassphraseOf(keyPassphraseFile);
  }
  if (!isKeyFileSealed(paths)) return null;
  if (keyPassphraseFile !== null) return await readSecretFileLine(keyPassphraseFile, "pass phrase");
  const typed = await context.askSecret(`Pass phrase for ${paths.keyFile}: `);
  if (typed !== null) return typed;
  throw new UsageError(
    `There is no terminal to ask for the pass phrase of ${paths.keyFile}.`,
    "Give --key-passphrase-file FILE",
  );
}

/**
 * A pass phrase to seal the key file with.
 *
 * @param file With the pass phrase in its first line; undefined: it is asked for, twice.
 * @throws {SecretFileError}
 * @throws {SettingError} when it is too short
 * @throws {UsageError} without a terminal
 */
export async function newKeyPassphrase(
  context: CommandContext,
  file: string | undefined,
): Promise<string> {
  if (file !== undefined) return await newPassphraseOf(file);
  while (true) {
    const typed = await context.askSecret("New pass phrase for server.key: ");
    if (typed === null) {
      throw new UsageError(
        "There is no terminal to ask for a new pass phrase.",
        "Give --new-passphrase-file FILE",
      );
    }
    if (isTooShort(typed)) await context.stderr(`${TOO_SHORT}\n`);
    else if (await context.askSecret("The same again: ") === typed) return typed;
    else await context.stderr("These were not the same. Once more.\n");
  }
}

async function newPassphraseOf(file: string): Promise<string> {
  const passphrase = await readSecretFileLine(file, "pass phrase");
  if (!isTooShort(passphrase)) return passphrase;
  throw new SettingError(TOO_SHORT, { hint: "Four words that nobody would guess are good." });
}

const TOO_SHORT =
  `A pass phrase for server.key has at least ${MIN_KEY_PASSPHRASE_LENGTH} characters.`;

function isTooShort(passphrase: string): boolean {
  return [...passphrase].length < MIN_KEY_PASSPHRASE_LENGTH;
}
