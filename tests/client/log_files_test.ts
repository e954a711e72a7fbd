/** The copy of the key log on disk: crashes, damage, other processes; and its export. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { randomBytes, toHex } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { ConfigError } from "../../client/errors.ts";
import { EvidenceFile, type Finding } from "../../client/key_log/evidence_store.ts";
import { fetchLog } from "../../client/key_log/fetch_log.ts";
import { exportLog, verifyExport } from "../../client/key_log/log_export.ts";
import { LogIndex } from "../../client/key_log/log_index.ts";
import { type FetchLog, LogMirror } from "../../client/key_log/log_mirror.ts";
import { MirrorFiles, NO_HEAD } from "../../client/key_log/mirror_storage.ts";
import type { Message } from "../../protocol/messages/message.ts";
import { FakeLog, fakeRoot } from "./fake_log.ts";

const REALM = randomBytes(32);

function grow(log: FakeLog, count: number): FakeLog {
  for (let i = 0; i < count; i++) log.append("first", `user-${log.leaves.length}`, randomBytes(8));
  return log;
}

/** Asks a log as it is at the moment of asking. */
async function asking(logOf: () => FakeLog): Promise<FetchLog> {
  const server = { realm: REALM, signingKey: (await fakeRoot()).publicKey };
  const ask = async <Request, Reply>(
    message: Message<string, Request, Reply>,
    body: Request,
  ): Promise<Reply> => {
    const { from } = body as { from: number };
    return message.reply.check(await logOf().page(from));
  };
  return (known, sizes = []) => fetchLog(ask, server, { known, sizes });
}

async function inFolder(
  work: (place: { folder: string; files: MirrorFiles; base: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-log-" });
  try {
    const files = new MirrorFiles(folder, REALM);
    await work({ folder, files, base: `${folder}/logs/${toHex(REALM.slice(0, 8))}` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens the copy, fetches what is new, and takes it. */
async function update(files: MirrorFiles, fetch: FetchLog) {
  const mirror = await LogMirror.open(files, fetch);
  const found = await fetch(mirror.known);
  assert(found.outcome === "continues");
  return { mirror, conflict: await mirror.take(found) };
}

async function entriesIn(mirror: LogMirror): Promise<number> {
  const index = await mirror.entries();
  assert(index instanceof LogIndex);
  return index.size;
}

Deno.test("log files: a copy grows over many logins, and is 0600", () =>
  inFolder(async ({ files, base }) => {
    const log = new FakeLog(REALM);
    const fetch = await asking(() => log);
    for (const count of [0, 1, 5, 0, 70]) {
      grow(log, count);
      const { mirror, conflict } = await update(files, fetch);
      assertEquals([mirror.known.size, conflict], [log.leaves.length, null]);
    }
    const again = await LogMirror.open(files, fetch);
    assertEquals([again.known.root, await entriesIn(again)], [log.rootAt(), 76]);
    for (const name of [`${base}.json`, `${base}.leaves`]) {
      assertEquals((await Deno.stat(name)).mode! & 0o777, 0o600);
    }
  }));

Deno.test("log files: leaves that a crash left without a head are overwritten", () =>
  inFolder(async ({ files, base }) => {
    const log = grow(new FakeLog(REALM), 4);
    const fetch = await asking(() => log);
    await update(files, fetch);
    const before = await Deno.readFile(`${base}.json`);
    grow(log, 3);
    await update(files, fetch);
    await Deno.writeFile(`${base}.json`, before);
    grow(log, 2);
    const { mirror } = await update(files, fetch);
    assertEquals([mirror.known.size, await entriesIn(mirror)], [9, 9]);
    assertEquals(await entriesIn(await LogMirror.open(files, fetch)), 9);
  }));

Deno.test("log files: damaged leaves are fetched again, if the server still has them", () =>
  inFolder(async ({ files, base }) => {
    let log = grow(new FakeLog(REALM), 9);
    const fetch = await asking(() => log);
    await update(files, fetch);
    const whole = await Deno.readFile(`${base}.leaves`);
    const damages: [string, Uint8Array | null][] = [
      ["gone", null],
      ["cut", whole.slice(0, 100)],
      ["changed", whole.with(50, whole[50]! ^ 1)],
      ["not even entries", new Uint8Array(whole.length).fill(3)],
    ];
    for (const [name, bytes] of damages) {
      if (bytes === null) await Deno.remove(`${base}.leaves`);
      else await Deno.writeFile(`${base}.leaves`, bytes);
      grow(log, 1);
      const mirror = await LogMirror.open(files, fetch);
      assertEquals([mirror.known.size, await entriesIn(mirror)], [9, 9], name);
      assertEquals(await Deno.readFile(`${base}.leaves`), whole, name);
    }
    for (const other of [log.fork(5), grow(log.fork(5), 10)]) {
      log = other;
      await Deno.writeFile(`${base}.leaves`, new Uint8Array(9));
      const index = await (await LogMirror.open(files, fetch)).entries();
      assert(!(index instanceof LogIndex));
      assertEquals([index.known.size, index.other.size], [9, other.leaves.length]);
    }
  }));

Deno.test("log files: a damaged or unsafe head is an error, never a missing one", () =>
  inFolder(async ({ files, base }) => {
    const log = grow(new FakeLog(REALM), 5);
    const fetch = await asking(() => log);
    await update(files, fetch);
    const text = await Deno.readTextFile(`${base}.json`);
    const good = JSON.parse(text);
    const bad = [
      {},
      { ...good, size: 4 },
      { ...good, size: "5" },
      { ...good, root: toHex(randomBytes(32)) },
      { ...good, peaks: good.peaks.slice(1) },
      { ...good, peaks: good.peaks.map(() => toHex(randomBytes(32))) },
      { ...good, note: (await log.head(4)).note },
      { ...good, note: "" },
      { ...good, bytes: -1 },
    ];
    for (const value of bad) {
      await Deno.writeTextFile(`${base}.json`, JSON.stringify(value));
      await assertRejects(() => files.head(), ConfigError, "damaged");
    }
    await Deno.writeTextFile(`${base}.json`, text);
    assertEquals((await files.head()).size, 5);
    await Deno.chmod(`${base}.json`, 0o666);
    await assertRejects(() => files.head(), ConfigError, "other users");
  }));

Deno.test("log files: two processes at once lose nothing and go back nowhere", () =>
  inFolder(async ({ files, base }) => {
    const log = grow(new FakeLog(REALM), 3);
    const fetch = await asking(() => log);
    await update(files, fetch);
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(() => LogMirror.open(files, fetch)),
    );
    const early = await fetch(first!.known);
    grow(log, 4);
    const middle = await fetch(second!.known);
    grow(log, 4);
    const late = await fetch(third!.known);
    assert(early.outcome === "continues" && middle.outcome === "continues");
    assert(late.outcome === "continues");
    assertEquals(await second!.take(middle), null);
    assertEquals(await third!.take(late), null);
    assertEquals(await first!.take(early), null);
    assertEquals((await files.head()).size, 11);
    const sizes = [first!, second!, third!].map(({ known }) => known.size);
    assertEquals(sizes, [3, 7, 11]);
    const reader = await LogMirror.open(files, fetch);
    assertEquals([await entriesIn(reader), await entriesIn(second!)], [11, 7]);
    assertEquals((await Deno.readFile(`${base}.leaves`)).length, (await files.head()).bytes);
  }));

Deno.test("log files: two processes that are shown two logs find it out", () =>
  inFolder(async ({ files }) => {
    const log = grow(new FakeLog(REALM), 3);
    await update(files, await asking(() => log));
    for (const [mine, theirs] of [[2, 2], [2, 5], [5, 2]] as const) {
      const known = (await files.head()).size;
      const logs = [grow(log.fork(known), mine), grow(log.fork(known), theirs)];
      const [a, b] = await Promise.all(logs.map(async (log) => {
        const fetch = await asking(() => log);
        const mirror = await LogMirror.open(files, fetch);
        const found = await fetch(mirror.known);
        assert(found.outcome === "continues");
        return { mirror, found };
      }));
      assertEquals(await a!.mirror.take(a!.found), null);
      const conflict = await b!.mirror.take(b!.found);
      assertEquals([conflict?.known.size, conflict?.other.size], [known + mine, known + theirs]);
      assertEquals([b!.mirror.known.size, (await files.head()).size], [known, known + mine]);
      log.leaves = logs[0]!.leaves;
    }
  }));

Deno.test("log files: a log that is begun anew takes the place of the known one", () =>
  inFolder(async ({ files }) => {
    const log = grow(new FakeLog(REALM), 9);
    const { mirror } = await update(files, await asking(() => log));
    const other = grow(new FakeLog(REALM), 4);
    const fetch = await asking(() => other);
    assertEquals((await fetch(mirror.known)).outcome, "rollback");
    const anew = await fetch(NO_HEAD);
    assert(anew.outcome === "continues");
    await mirror.restart(anew);
    assertEquals([mirror.known.size, await entriesIn(mirror)], [4, 4]);
    assertEquals(await entriesIn(await LogMirror.open(files, fetch)), 4);
  }));

const FINDING: Finding = {
  code: "log_fork",
  message: "m",
  hint: "h",
  heads: [{ by: "device", size: 1, root: "00", note: null }],
  mail: null,
  entries: [],
  records: [],
};

Deno.test("evidence: alike findings are one while it is open, and the very same one for ever", () =>
  inFolder(async ({ folder }) => {
    const file = new EvidenceFile(folder, { realm: REALM, user: "alice" });
    assertEquals(await file.all(), []);
    const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`;
    const grown = { ...FINDING, heads: [{ ...FINDING.heads[0]!, size: 2 }] };
    const fromBob = { ...FINDING, mail: { id: "1", from: "bob" } };
    await file.add(FINDING, at(1));
    await file.add(grown, at(2));
    assertEquals((await file.add(fromBob, at(3))).map(({ id, time }) => [id, time]), [
      [1, at(1)],
      [2, at(3)],
    ]);
    await file.dismiss(1, at(4));
    await file.dismiss(1, at(5));
    assertEquals((await file.add(FINDING, at(6))).map(({ dismissed }) => dismissed), [at(4), null]);
    assertEquals((await file.add(grown, at(7))).length, 3);
    const other = new EvidenceFile(folder, { realm: REALM, user: "bob" });
    assertEquals(await other.all(), []);
    assertEquals((await new EvidenceFile(folder, { realm: REALM, user: "alice" }).all()).length, 3);
  }));

Deno.test("evidence: there is always room for a new finding, and damage is told", () =>
  inFolder(async ({ folder }) => {
    const file = new EvidenceFile(folder, { realm: REALM, user: "alice" });
    const from = (sender: number) => ({ ...FINDING, mail: { id: "1", from: `user-${sender}` } });
    for (let i = 1; i <= 100; i++) {
      await file.add(from(i), "then");
      await file.dismiss(i, "then");
    }
    const items = await file.add(from(101), "now");
    assertEquals([items.length, items[0]!.id, items.at(-1)!.id], [100, 2, 101]);
    assertEquals(items.at(-1)!.dismissed, null);
    const [path] = Array.from(Deno.readDirSync(`${folder}/evidence`))
      .map(({ name }) => `${folder}/evidence/${name}`).filter((name) => name.endsWith(".json"));
    for (const text of ['{"items": 1}', '{"items": [{"id": 1}]}', "[]"]) {
      await Deno.writeTextFile(path!, text);
      await assertRejects(() => file.all(), ConfigError, "damaged");
    }
  }));

Deno.test("log export: it is verified against any heads, without a server", async () => {
  const log = grow(new FakeLog(REALM), 20);
  const rootKey = (await fakeRoot()).publicKey;
  const head = await log.head();
  const text = exportLog({ rootKey, note: head.note, leaves: log.leaves });
  const heads = await Promise.all([0, 1, 7, 20].map(async (size) => (await log.head(size)).note));
  const crlf = heads.map((note) => note.replaceAll("\n", "\r\n") + "\r\n");
  const { size, root, users, ...rest } = await verifyExport(text, [...heads, ...crlf]);
  assertEquals([size, root, users, rest.heads, rest.realm], [
    ...[20, toHex(head.root), 20, 8, toHex(REALM)],
  ]);

  const fork = grow(log.fork(6), 3);
  const forked = await assertRejects(
    async () => await verifyExport(text, [(await fork.head()).note]),
    TrustError,
  );
  assertEquals(forked.code, "log_fork");
  const ahead = grow(log.fork(), 1);
  await assertRejects(
    async () => await verifyExport(text, [(await ahead.head()).note]),
    FormatError,
    "only 20",
  );
  const elsewhere = grow(new FakeLog(randomBytes(32)), 2);
  const foreign = await assertRejects(
    async () => await verifyExport(text, [(await elsewhere.head()).note]),
    TrustError,
  );
  assertEquals(foreign.code, "log_head");
});

Deno.test("log export: a changed one is found out", async () => {
  const log = grow(new FakeLog(REALM), 5);
  const rootKey = (await fakeRoot()).publicKey;
  const { note } = await log.head();
  const other = grow(log.fork(2), 3);
  const cases: [typeof FormatError | typeof TrustError, string][] = [
    [FormatError, exportLog({ rootKey, note, leaves: log.leaves.slice(1) })],
    [FormatError, exportLog({ rootKey, note, leaves: [...log.leaves].reverse() })],
    [TrustError, exportLog({ rootKey, note, leaves: other.leaves })],
    [TrustError, exportLog({ rootKey: randomBytes(1984), note, leaves: log.leaves })],
    [FormatError, exportLog({ rootKey, note: "mailsec/", leaves: log.leaves })],
    [FormatError, ""],
    [FormatError, '{"mailsec":"other"}\n'],
    [FormatError, exportLog({ rootKey, note, leaves: log.leaves }) + "1\n"],
  ];
  for (const [kind, text] of cases) await assertRejects(() => verifyExport(text, []), kind);
  assertEquals((await verifyExport(exportLog({ rootKey, note, leaves: log.leaves }), [])).size, 5);
});
