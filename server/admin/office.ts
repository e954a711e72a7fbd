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

export interface AdminOffice {
  readonly paths: DataPaths;
  readonly secrets: ServerSecrets;
  readonly store: MailStore;
  readonly accounts: Accounts;
}

/**
 * Opens the folder for `work` and closes it again.
 *
 * @throws {DataFolderError} when there is no server in it, or its keys are open to others.
 */
export async function withOffice<T>(
  folder: string,
  work: (office: AdminOffice) => Promise<T>,
): Promise<T> {
  const paths = dataPaths(folder);
  if (!isSetUp(paths)) {
    throw new DataFolderError("data_folder", `There is no mailsec server in ${folder}.`, {
      hint: "Start it once with mailsec serve, or name its data folder with --data.",
    });
  }
  const secrets = readKeyFile(paths);
  const store = await openSqliteStore(paths.store, { now: Date.now() });
  try {
    const accounts = new Accounts(store, new AtRest(secrets.databaseKey));
    return await work({ paths, secrets, store, accounts });
  } finally {
    await store.close();
  }
}
