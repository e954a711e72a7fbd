/** Several processes on one file, and processes that die. */

import { assert, assertEquals } from "@std/assert";
import { fromUtf8 } from "../../crypto/bytes.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { addAccounts, mail, messageIdOf, tagOf, withFolder, withSqlite } from "./fixtures.ts";

const WRITER = new URL("./writer_process.ts", import.meta.url).pathname;
const KILL_ROUNDS = 4;

function startWriter(path: string, prefix: string, count: number): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", WRITER, path, prefix, String(count)],
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
