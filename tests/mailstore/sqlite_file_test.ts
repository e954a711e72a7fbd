import { assert, assertEquals } from "@std/assert";
import { patchBytes, rawSql, snapshotOf } from "./files.ts";
import { openDatabase } from "../../mailstore/sqlite/open_database.ts";
import { MIGRATIONS } from "../../mailstore/sqlite/schema.ts";
import { openSqliteStore } from "../../mailstore/sqlite_store.ts";
import { StoreError } from "../../mailstore/errors.ts";
import { addAccounts, mail, NOW, patterned, tagOf, withFolder, withSqlite } from "./fixtures.ts";

/** The StoreError that opening the file throws. */
async function openingError(path: string): Promise<StoreError> {
  try {
    await (await openSqliteStore(path, { now: NOW })).close();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("the file was opened");
}

/** A store with some mail in it. */
async function filledStore(path: string): Promise<void> {
  await withSqlite(path, async (store) => {
    await addAccounts(store, "alice", "bob");
    for (let i = 0; i < 50; i++) {
      await store.deliver(mail(String(i), ["alice", "bob"], { content: patterned(5000) }));
    }
  });
}

Deno.test({
  name: "sqlite store: its files can be read by their owner alone",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder((folder) =>
      withSqlite(`${folder}/mail.db`, async (store) => {
        await addAccounts(store, "alice");
        const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
        assertEquals(names, ["mail.db", "mail.db-shm", "mail.db-wal"]);
        for (const name of names) {
          assertEquals(Deno.statSync(`${folder}/${name}`).mode! & 0o777, 0o600, name);
        }
      })
    ),
});

Deno.test("sqlite store: the settings its promises rest on are in force", () =>
  withFolder((folder) => {
    const database = openDatabase(`${folder}/mail.db`);
    const setting = (name: string) => Object.values(database.get<object>(`PRAGMA ${name}`)!)[0];
    assertEquals(setting("journal_mode"), "wal");
    assertEquals(setting("synchronous"), 2, "FULL");
    assertEquals(setting("secure_delete"), 1);
    assertEquals(setting("foreign_keys"), 1);
    assertEquals(setting("busy_timeout"), 5000);
    const lax = database.all(
      `SELECT name FROM pragma_table_list WHERE NOT strict AND type = 'table'
       AND name NOT LIKE 'sqlite_%'`,
    );
    assertEquals(lax, []);
    database.close();
    return Promise.resolve();
  }));

Deno.test("sqlite store: what is deleted is overwritten", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    const mark = "deleted-words-that-must-not-stay";
    await withSqlite(path, async (store) => {
      await addAccounts(store, "alice");
      const content = new TextEncoder().encode(mark.repeat(50));
      await store.deliver(mail("1", ["alice"], { content }));
    });
    assert(snapshotOf(folder).includes(mark));
    await withSqlite(path, async (store) => void await store.removeAccount(tagOf("alice")));
    assert(!snapshotOf(folder).includes(mark));
  }));

Deno.test("sqlite store: a newer schema is refused and left as it was", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    await filledStore(path);
    rawSql(path, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    const before = snapshotOf(folder);
    const error = await openingError(path);
    assertEquals(error.code, "store_newer");
    assert(error.message.includes(`schema version ${MIGRATIONS.length + 1}`), error.message);
    assert(error.hint?.includes("not touched"));
    assertEquals(snapshotOf(folder) === before, true);
  }));

Deno.test("sqlite store: another program's file is refused and left as it was", () =>
  withFolder(async (folder) => {
    const text = `${folder}/text`;
    Deno.writeTextFileSync(text, "Dear diary, today I wrote a mail store. ".repeat(100));
    const database = `${folder}/other.db`;
    rawSql(database, "CREATE TABLE bookmarks (url TEXT)");
    const marked = `${folder}/marked.db`;
    rawSql(marked, "PRAGMA application_id = 252006674");
    const before = snapshotOf(folder);
    for (const path of [text, database, marked]) {
      assertEquals((await openingError(path)).code, "store_foreign", path);
    }
    assertEquals(snapshotOf(folder) === before, true);
  }));

Deno.test("sqlite store: an empty file becomes a store, a missing folder does not", () =>
  withFolder(async (folder) => {
    Deno.writeFileSync(`${folder}/empty.db`, new Uint8Array(0));
    await withSqlite(`${folder}/empty.db`, (store) => addAccounts(store, "alice"));
    assertEquals((await openingError(`${folder}/none/mail.db`)).code, "store_failed");
    assertEquals((await openingError(folder)).code, "store_failed");
  }));

Deno.test("sqlite store: a damaged file gives a clear error, and verify finds the damage", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    await filledStore(path);
    patchBytes(path, { from: 3 * 4096, to: 200 * 4096, every: 4096 });
    let seen = "";
    try {
      await withSqlite(path, async (store) => {
        const problems = await store.verify();
        assert(problems.length > 0, "verify finds the damage");
        await store.listEntries(tagOf("alice"), { before: null, limit: 50 });
      });
    } catch (error) {
      assert(error instanceof StoreError, String(error));
      seen = error.code;
    }
    assertEquals(seen, "store_corrupt");
  }));

Deno.test("sqlite store: a file cut short is reported", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    await filledStore(path);
    Deno.truncateSync(path, Deno.statSync(path).size / 2);
    let problems: string[] = [];
    try {
      await withSqlite(path, async (store) => void (problems = await store.verify()));
    } catch (error) {
      assert(error instanceof StoreError && error.code === "store_corrupt", String(error));
      return;
    }
    assert(problems.length > 0);
  }));
