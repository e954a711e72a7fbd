import { assert, assertEquals } from "@std/assert";
import { StoreError } from "../../mailstore/errors.ts";
import { Database } from "../../mailstore/sqlite/database.ts";
import { GroupCommit } from "../../mailstore/sqlite/group_commit.ts";
import { withFolder } from "./fixtures.ts";

/** A table of unique numbers; the second connection sees what is committed, nothing else. */
function withTable(
  use: (group: GroupCommit, database: Database, committed: () => number[]) => Promise<void>,
): () => Promise<void> {
  return () =>
    withFolder(async (folder) => {
      const database = new Database(`${folder}/numbers.db`, { busyTimeoutMs: 1 });
      database.exec("PRAGMA journal_mode = WAL; CREATE TABLE numbers (n INTEGER PRIMARY KEY)");
      const other = new Database(`${folder}/numbers.db`, { busyTimeoutMs: 1 });
      const committed = () =>
        other.all<{ n: number }>("SELECT n FROM numbers ORDER BY n").map(({ n }) => n);
      try {
        await use(new GroupCommit(database), database, committed);
      } finally {
        other.close();
        if (database.isOpen) database.close();
      }
    });
}

const insert = (database: Database, n: number) => () => {
  database.run("INSERT INTO numbers VALUES (?)", n);
  return n;
};

Deno.test(
  "group commit: an operation is committed when its promise resolves",
  withTable(async (group, database, committed) => {
    assertEquals(await group.submit("insert", insert(database, 1)), 1);
    assertEquals(committed(), [1]);
  }),
);

Deno.test(
  "group commit: operations submitted together share a commit, in order",
  withTable(async (group, database, committed) => {
    const order: number[] = [];
    const before: number[][] = [];
    const numbers = [3, 1, 2];
    await Promise.all(numbers.map((n) =>
      group.submit("insert", () => {
        order.push(insert(database, n)());
        before.push(committed());
      })
    ));
    assertEquals(order, numbers);
    assertEquals(before, [[], [], []], "nothing was committed in between");
    assertEquals(committed(), [1, 2, 3]);
  }),
);

Deno.test(
  "group commit: a failing operation is undone alone",
  withTable(async (group, database, committed) => {
    const results = await Promise.allSettled([
      group.submit("insert", insert(database, 1)),
      group.submit("insert twice", () => {
        insert(database, 2)();
        insert(database, 1)();
      }),
      group.submit("insert", insert(database, 3)),
      group.submit("throw", () => {
        insert(database, 4)();
        throw new TypeError("a bug");
      }),
      group.submit("insert", insert(database, 5)),
    ]);
    assertEquals(results.map(({ status }) => status === "fulfilled"), [
      true,
      false,
      true,
      false,
      true,
    ]);
    assertEquals(committed(), [1, 3, 5]);
    const failure = results[1]?.status === "rejected" ? results[1].reason : null;
    assert(failure instanceof StoreError && failure.code === "store_failed");
    assert(failure.message.includes("cannot insert twice"), failure.message);
  }),
);

Deno.test(
  "group commit: a group that cannot be committed is refused whole, the next one works",
  withTable(async (group, database, committed) => {
    const blocker = new Database(database.path, { busyTimeoutMs: 1 });
    blocker.exec("BEGIN IMMEDIATE");
    const results = await Promise.allSettled(
      [1, 2].map((n) => group.submit("insert", insert(database, n))),
    );
    blocker.exec("ROLLBACK");
    blocker.close();
    const codes = results.map((r) => r.status === "rejected" && r.reason.code);
    assertEquals(codes, ["store_busy", "store_busy"]);
    await group.submit("insert", insert(database, 3));
    assertEquals(committed(), [3]);
  }),
);

Deno.test(
  "group commit: a transaction lost in the middle refuses its whole group",
  withTable(async (group, database, committed) => {
    const results = await Promise.allSettled([
      group.submit("insert", insert(database, 1)),
      // What SQLite does by itself when the disk is full or fails.
      group.submit("lose", () => {
        database.exec("ROLLBACK");
        throw Object.assign(new Error("disk"), { errcode: 13 });
      }),
      group.submit("insert", insert(database, 2)),
    ]);
    const codes = results.map((r) => r.status === "rejected" && r.reason.code);
    assertEquals(codes, ["store_full", "store_full", "store_full"]);
    assertEquals(committed(), []);
    await group.submit("insert", insert(database, 3));
    assertEquals(committed(), [3]);
  }),
);

Deno.test(
  "group commit: many operations all get through, and close waits for them",
  withTable(async (group, database, committed) => {
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    const all = Promise.all(numbers.map((n) => group.submit("insert", insert(database, n))));
    await group.close();
    assertEquals(committed(), numbers);
    assertEquals(await all, numbers);
    const late = await Promise.allSettled([group.submit("insert", insert(database, 1001))]);
    assertEquals(late.map((r) => r.status === "rejected" && r.reason.code), ["store_closed"]);
  }),
);
