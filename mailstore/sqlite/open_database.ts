/**
 * Opening a file: who made it, which schema it has, migrations, and the settings that the promises
 * of the store rest on.
 */

import { StoreError } from "../errors.ts";
import { Database, storeError } from "./database.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

/** How long an operation waits for another process's transaction, in ms. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * `synchronous=FULL` syncs the write-ahead log at every commit: this is what makes an acknowledged
 * mail survive a loss of power. `secure_delete` overwrites what is deleted. The log is moved into
 * the file every 16 MB rather than every 4 MB, which halves how often a delivery waits for that.
 */
const SETTINGS = `
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -32768;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 67108864;
PRAGMA trusted_schema = OFF;
`;

/**
 * Opens the mail store in the file at `path`, makes it if there is none (mode 0600; SQLite gives
 * its companions `-wal` and `-shm` the same) and brings an older one up to date.
 * Throws StoreError: `store_newer` and `store_foreign` leave the file as it was.
 */
export function openDatabase(path: string, migrations = MIGRATIONS): Database {
  createEmpty(path);
  let database: Database | undefined;
  try {
    refuseOthers(path, migrations.length);
    database = new Database(path, { busyTimeoutMs: BUSY_TIMEOUT_MS });
    database.exec("PRAGMA journal_mode = WAL;");
    database.exec(SETTINGS);
    migrate(database, migrations);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    throw storeError(error, path, "open it");
  }
}

function createEmpty(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    throw new StoreError("store_failed", `Mail store ${path}: cannot create it`, { cause: error });
  }
}

/** Looks at the file through a connection that cannot write. */
function refuseOthers(path: string, knownVersion: number): void {
  const database = new Database(path, { busyTimeoutMs: BUSY_TIMEOUT_MS, readOnly: true });
  try {
    const { version, application, tables } = inspect(database);
    if (version === 0 && application === 0 && tables === 0) return;
    if (application !== APPLICATION_ID) {
      throw new StoreError("store_foreign", `Mail store ${path}: this is another program's file`);
    }
    if (version > knownVersion) {
      throw new StoreError(
        "store_newer",
        `Mail store ${path}: has schema version ${version}, this mailsec knows ${knownVersion}`,
        { hint: "Run the mailsec that last used it, or a newer one. The file was not touched." },
      );
    }
  } finally {
    database.close();
  }
}

function inspect(database: Database): { version: number; application: number; tables: number } {
  return database.get<{ version: number; application: number; tables: number }>(
    `SELECT (SELECT user_version FROM pragma_user_version) AS version,
            (SELECT application_id FROM pragma_application_id) AS application,
            (SELECT count(*) FROM sqlite_schema) AS tables`,
  )!;
}

/** Two processes may come here at once; whoever is second finds the work done. */
function migrate(database: Database, migrations: readonly string[]): void {
  if (inspect(database).version === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    const { version } = inspect(database);
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
