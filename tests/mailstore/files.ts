/** Looking at and tampering with store files behind the store's back. */

import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** Runs statements without the store's rules: foreign keys and checks are off. */
export function rawSql(path: string, sql: string): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    database.exec("PRAGMA ignore_check_constraints = ON;");
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** The first column of the rows of a query. */
export function rawColumn(path: string, sql: string, ...values: SQLInputValue[]): unknown[] {
  const database = new DatabaseSync(path);
  try {
    return database.prepare(sql).all(...values).map((row) => Object.values(row)[0]);
  } finally {
    database.close();
  }
}

/** The bytes of all files in a folder but SQLite's shared memory, as one string. */
export function snapshotOf(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    !name.endsWith("-shm")
  );
  const latin1 = new TextDecoder("latin1");
  return names.sort().map((name) => {
    const bytes = Deno.readFileSync(`${folder}/${name}`);
    return bytes.length === 0 ? "" : `${name}:${latin1.decode(bytes)}`;
  }).join("");
}

/** Overwrites 64 bytes at every so many bytes of a file, as far as it goes. */
export function patchBytes(path: string, at: { from: number; to: number; every: number }): void {
  const bytes = Deno.readFileSync(path);
  for (let i = at.from; i < Math.min(at.to, bytes.length); i += at.every) {
    bytes.fill(0xa5, i, i + 64);
  }
  Deno.writeFileSync(path, bytes);
}
