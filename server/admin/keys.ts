/** What an administrator does with the server's keys. */

import { parseServerRecord } from "../../crypto/server_record.ts";
import type { ServerRecord } from "../../crypto/server_record.ts";
import { lockDataFolder, withKeyFileLock } from "../data_folder.ts";
import { readKeyFile, writeKeyFile } from "../vault/key_file.ts";
import { newSeal } from "../vault/key_seal.ts";
import { replaceKemKey } from "../vault/server_keys.ts";
import { setUpFolder } from "./office.ts";

/**
 * Replaces the KEM key and the server record; a running server takes them over.
 *
 * @param passphrase For a key file that is sealed.
 * @throws {DataFolderError}
 */
export async function rotateServerKeys(
  folder: string,
  { passphrase, now }: { passphrase: string | null; now: number },
): Promise<ServerRecord> {
  const paths = setUpFolder(folder);
  const { seal } = await readKeyFile(paths, passphrase);
  const { record } = await replaceKemKey(paths, { seal, now });
  return parseServerRecord(record);
}

/**
 * Seals the key file with another pass phrase, or opens it for good (`next` gives null). No server
 * may run on the folder: it would write the file as it knows it. Both are asked for once that is
 * certain.
 *
 * @throws {DataFolderError} also `data_folder_in_use` and `key_passphrase`
 */
export async function changeKeyPassphrase(
  folder: string,
  { current, next }: {
    current: () => Promise<string | null>;
    next: () => Promise<string | null>;
  },
): Promise<void> {
  const paths = setUpFolder(folder);
  using _lock = lockDataFolder(paths);
  await withKeyFileLock(paths, async () => {
    const { secrets } = await readKeyFile(paths, await current());
    const passphrase = await next();
    writeKeyFile(paths, secrets, passphrase === null ? null : await newSeal(passphrase));
  });
}
