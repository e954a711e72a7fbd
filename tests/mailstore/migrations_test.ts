import { assert, assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import { StoreError } from "../../mailstore/errors.ts";
import { openDatabase } from "../../mailstore/sqlite/open_database.ts";
import { MIGRATIONS } from "../../mailstore/sqlite/schema.ts";
import { rawColumn, rawSql } from "./files.ts";
import {
  accountOf,
  addAccounts,
  filled,
  logEntry,
  mail,
  messageIdOf,
  NOW,
  tagOf,
  withFolder,
  withSqlite,
} from "./fixtures.ts";

/** SHA-256 of every released migration. Lines are added here, never changed. */
const PINNED = [
  "71351ad8f68f82af7ad840f0d536561b600e93679a58f1a434e21099b2ae9bbd",
  "6be47d6c8a9518d68671586eb757a7a44b4dfb55477542f66d48069c7b51fa04",
  "bbd8cf66cd99ab6228bfe62f4ef26666e6b3eec541d2d6b01ac109ef28f463d8",
];

const VERSION_1 = Deno.readTextFileSync(new URL("./version_1.sql", import.meta.url));

Deno.test("migrations: what was released is never edited", async () => {
  const hashes = await Promise.all(
    MIGRATIONS.map(async (sql) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(sql))).toHex()
    ),
  );
  assertEquals(hashes, PINNED);
});

Deno.test("migrations: a store of version 1 opens with all that was in it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    rawSql(path, VERSION_1);
    await withSqlite(path, async (store) => {
      assertEquals(await store.verify(), []);
      const [alice, bob, carol] = ["alice", "bob", "carol"].map(tagOf);
      assertEquals(await store.account(alice!), { ...accountOf("alice"), version: 1 });
      const claim = { tag: carol!, tokenHash: filled("token", 32), now: NOW };
      assertEquals(await store.peekInvite(claim), "valid");
      assertEquals(await store.identities([alice!]), [[utf8("identity")]]);
      assertEquals(await store.attempts(bob!), { failed: 3, blockedUntil: NOW });
      assertEquals(await store.state(alice!), { revision: 1, sealed: utf8("state") });
      const { entries } = await store.listEntries(alice!, { before: null, limit: 9 });
      assertEquals(entries.map((e) => [e.index, e.messageId, e.revision, e.sealed]), [
        [2, messageIdOf("2"), 1, utf8("sealed")],
        [1, messageIdOf("1"), 0, null],
      ]);
      const changed = await store.listChanges(alice!, { since: 0, limit: 9 });
      assertEquals(changed.entries.map(({ index }) => index), [1, 2]);
      const range = { messageId: messageIdOf("3"), offset: 0, length: 99 };
      assertEquals((await store.readContent(bob!, range))?.data, utf8("content 3"));
      const upload = { owner: alice!, messageId: messageIdOf("4") };
      assertEquals(await store.appendContent({ ...upload, offset: 2, data: utf8("cd") }), 4);
      const committed = await store.commitStaged({ ...upload, meta: utf8("m") });
      assertEquals(committed.outcome, "stored");
      const next = await store.deliver(mail("5", ["alice"]));
      const index = next.outcome === "stored" && next.entries[0]?.index;
      assertEquals(index, 4, "number 3 was used and removed");
      assertEquals(await store.appendLog([logEntry(0, "alice")]), true);
      assertEquals(await store.verify(), []);
    });
  }));

const NEXT = [...MIGRATIONS, "ALTER TABLE accounts ADD COLUMN language TEXT DEFAULT 'en';"];

Deno.test("migrations: an older store is brought up to date once, keeping its rows", () =>
  withFolder((folder) => {
    const path = `${folder}/mail.db`;
    rawSql(path, VERSION_1);
    for (let i = 0; i < 2; i++) openDatabase(path, NEXT).close();
    assertEquals(rawColumn(path, "PRAGMA user_version"), [NEXT.length]);
    assertEquals(rawColumn(path, "SELECT language FROM accounts"), ["en", "en", "en"]);
    return Promise.resolve();
  }));

Deno.test("migrations: one that fails leaves the store at its version", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    await withSqlite(path, (store) => addAccounts(store, "alice"));
    let error: unknown;
    try {
      openDatabase(path, [...NEXT, "ALTER TABLE nothing ADD COLUMN x TEXT;"]).close();
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof StoreError && error.code === "store_failed", String(error));
    assertEquals(rawColumn(path, "PRAGMA user_version"), [MIGRATIONS.length]);
    await withSqlite(path, async (store) => {
      assertEquals((await store.accounts()).length, 1);
    });
  }));
