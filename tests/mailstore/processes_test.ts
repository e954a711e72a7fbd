/** Several processes on one file, and processes that die. */

import { assert, assertEquals } from "@std/assert";
import { fromUtf8 } from "../../crypto/bytes.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { addAccounts, mail, messageIdOf, tagOf, withFolder, withSqlite } from "./fixtures.ts";

const WRITER = new URL("./writer_process.ts", import.meta.url).pathname;
const LOG_WRITER = new URL("./log_writer_process.ts", import.meta.url).pathname;
const KILL_ROUNDS = 4;

function startWriter(path: string, prefix: string, count: number): Deno.ChildProcess {
  return startProcess(WRITER, path, prefix, count);
}

function startProcess(
  program: string,
  ...args: (string | number)[]
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", program, ...args.map(String)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** The lines that a process prints, up to its end; it is killed once there are so many. */
async function linesOf(child: Deno.ChildProcess, killAfter = Infinity): Promise<string[]> {
  let text = "";
  for await (const chunk of child.stdout) {
    text += fromUtf8(chunk);
    if (text.split("\n").length > killAfter && killAfter !== Infinity) {
      killAfter = Infinity;
      child.kill("SIGKILL");
    }
  }
  await child.status;
  // What is after the last line end was cut off by the kill.
  return text.split("\n").slice(0, -1);
}

async function mailbox(store: MailStore): Promise<{ index: number; messageId: Uint8Array }[]> {
  const page = { before: null, limit: 100_000 };
  return (await store.listEntries(tagOf("alice"), page)).entries;
}

Deno.test("mailstore processes: two that write at once lose nothing and see each other", () =>
  withFolder((folder) =>
    withSqlite(`${folder}/mail.db`, async (store) => {
      await addAccounts(store, "alice");
      const version = await store.dataVersion();
      await store.deliver(mail("mine", ["alice"]));
      assertEquals(await store.dataVersion(), version, "own writes do not count");
      const child = linesOf(startWriter(`${folder}/mail.db`, "t", 200));
      let own = 0;
      let running = true;
      child.finally(() => running = false);
      while (running || own < 200) await store.deliver(mail(`o${own++}`, ["alice"]));
      assertEquals((await child).length, 200);
      assert(await store.dataVersion() !== version, "another process's writes count");
      const indices = (await mailbox(store)).map(({ index }) => index);
      assertEquals(indices.length, 1 + 200 + own);
      assertEquals(indices[0], indices.length, "numbers without gaps or doubles");
      assertEquals(await store.verify(), []);
    })
  ));

Deno.test("mailstore processes: a change by one is what the other sees next", () =>
  withFolder((folder) =>
    withSqlite(`${folder}/mail.db`, (server) =>
      withSqlite(`${folder}/mail.db`, async (admin) => {
        await addAccounts(server, "alice");
        const version = await server.dataVersion();
        const account = (await admin.account(tagOf("alice")))!;
        await admin.saveAccount({ ...account, status: "disabled" }, account.version);
        assert(await server.dataVersion() !== version);
        assertEquals((await server.deliver(mail("1", ["alice"]))).outcome, "refused");
        assertEquals(await server.saveAccount(account, account.version), null);
      }))
  ));

Deno.test("mailstore processes: several that open a new file at once all get a store", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    const children = ["a", "b", "c"].map((prefix) => linesOf(startWriter(path, prefix, 5)));
    const lines = await Promise.all(children);
    assertEquals(lines.map(({ length }) => length), [5, 5, 5]);
    await withSqlite(path, async (store) => {
      assertEquals((await mailbox(store)).map(({ index }) => index)[0], 15);
      assertEquals(await store.verify(), []);
    });
  }));

Deno.test("mailstore processes: after a kill, every acknowledged mail is there once", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    const acknowledged: string[] = [];
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const lines = await linesOf(startWriter(path, `${round}-`, 100_000), 50 + 37 * round);
      assert(lines.length >= 50 && lines.length < 100_000, `${lines.length} lines`);
      acknowledged.push(...lines);
      await withSqlite(path, async (store) => {
        assertEquals(await store.verify(), []);
        const entries = await mailbox(store);
        const ids = new Set(entries.map(({ messageId }) => messageId.toHex()));
        assertEquals(ids.size, entries.length, "none is there twice");
        const lost = acknowledged.filter((name) => !ids.has(messageIdOf(name).toHex()));
        assertEquals(lost, []);
        assertEquals(entries.map(({ index }) => index), entries.map((_, i) => entries.length - i));
        const unacknowledged = entries.length - acknowledged.length;
        assert(unacknowledged <= 8 * (round + 1), "eight were under way at a time");
      });
    }
  }));

/** What the log writers did to the accounts of these users, and nobody else. */
async function assertLogIsWhole(store: MailStore, names: readonly string[]): Promise<void> {
  assertEquals(await store.verify(), []);
  const entries = (await store.logEntries(0, 100_000)).map(fromUtf8);
  assertEquals(entries, entries.map((_, seq) => `entry ${seq}`));
  let written = 0;
  for (const name of names) {
    const records = await store.logRecords(tagOf(name));
    const identities = (await store.identities([tagOf(name)]))[0]!;
    const version = (await store.account(tagOf(name)))?.version ?? 1;
    assertEquals(records.map(({ record }) => record), identities, "all of a change, or nothing");
    assertEquals(version, 1 + identities.length);
    written += records.length;
  }
  assertEquals(written, entries.length);
}

Deno.test("mailstore processes: two that append to the log at once leave no gap", () =>
  withFolder((folder) =>
    withSqlite(`${folder}/mail.db`, async (store) => {
      const names = ["alice", "bob"];
      const children = names.map((name) =>
        linesOf(startProcess(LOG_WRITER, `${folder}/mail.db`, name, 100))
      );
      const lines = await Promise.all(children);
      assertEquals(lines.map(({ length }) => length), [100, 100]);
      await assertLogIsWhole(store, names);
      assertEquals(await store.logSize(), 200);
    })
  ));

Deno.test("mailstore processes: after a kill, a change of an account is there whole or not", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    let acknowledged = 0;
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const lines = await linesOf(startProcess(LOG_WRITER, path, "alice", 100_000), 20 + 7 * round);
      assert(lines.length >= 20, `${lines.length} lines`);
      acknowledged += lines.length;
      await withSqlite(path, async (store) => {
        await assertLogIsWhole(store, ["alice"]);
        const size = await store.logSize();
        assert(size >= acknowledged && size <= acknowledged + 1, "one was under way");
        acknowledged = size;
      });
    }
  }));
