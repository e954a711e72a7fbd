/**
 * The administrator's way into a data folder, with the server running or not: the store is opened
 * beside it. A running server notices what was changed.
 */

import { openSqliteStore } from "../../mailstore/sqlite_store.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { type DataPaths, dataPaths, isSetUp } from "../data_folder.ts";
import { DataFolderError } from "../errors.ts";
import { Accounts } from "../vault/accounts.ts";
import { AtRest } from "../vault/at_rest.ts";
import { readKeyFile, type ServerSecrets } from "../vault/key_file.ts";
import { KeyLog } from "../vault/key_log.ts";
import { realmOf } from "../vault/server_keys.ts";

export interface AdminOffice {
  readonly paths: DataPaths;
  readonly secrets: ServerSecrets;
  readonly store: MailStore;
  readonly accounts: Accounts;
  readonly keyLog: KeyLog;
}

/**
 * Opens the folder for `work` and closes it again.
 *
 * @param keyPassphrase For a key file that is sealed.
 * @throws {DataFolderError} when there is no server in it, or its keys are open to others.
 */
export async function withOffice<T>(
  folder: string,
  work: (office: AdminOffice) => Promise<T>,
  keyPassphrase: string | null = null,
): Promise<T> {
  const paths = setUpFolder(folder);
  const { secrets } = await readKeyFile(paths, keyPassphrase);
  const store = await openSqliteStore(paths.store, { now: Date.now() });
  try {
    return await work({ paths, secrets, store, ...openAccounts(store, secrets) });
  } finally {
    await store.close();
  }
}

/** The paths of a folder with a server in it. Throws DataFolderError. */
export function setUpFolder(folder: string): DataPaths {
  const paths = dataPaths(folder);
  if (isSetUp(paths)) return paths;
  throw new DataFolderError("data_folder", `There is no mailsec server in ${folder}.`, {
    hint: "Start it once with mailsec serve, or name its data folder with --data.",
  });
}

function openAccounts(
  store: MailStore,
  secrets: ServerSecrets,
): Pick<AdminOffice, "accounts" | "keyLog"> {
  const atRest = new AtRest(secrets.databaseKey);
  const keyLog = new KeyLog({
    ...{ store, atRest, signing: secrets.signing, realm: realmOf(secrets) },
    now: () => Date.now(),
  });
  return { keyLog, accounts: new Accounts({ store, atRest, keyLog }) };
}
