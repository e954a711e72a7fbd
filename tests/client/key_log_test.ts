/** A client's copy of the key log against servers that lie about it. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { EMPTY_LOG } from "../../crypto/envelope_fields.ts";
import { randomBytes, toHex } from "../../crypto/bytes.ts";
import { encodeLogEntry } from "../../crypto/log_entry.ts";
import { makeLogHead } from "../../crypto/log_head.ts";
import { generateSigningKeyPair, importSigner } from "../../crypto/sign.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { NotFoundError } from "../../client/errors.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { LOG_PAGE, MAX_LOG_ENTRIES } from "../../protocol/limits.ts";
import { ProtocolError } from "../../protocol/session_errors.ts";
import { FakeLog, fakeLogStores, fakeRoot } from "./fake_log.ts";
import {
  FakeMemory,
  FakeServer,
  makePerson,
  type Person,
  resetTo,
  rotated,
} from "./fake_server.ts";

let made: Promise<Person[]> | undefined;

async function people(): Promise<[Person, Person, Person]> {
  const [alice, bob, otherAlice] =
    await (made ??= Promise.all(["alice", "bob", "alice"].map(makePerson)));
  return [alice!, bob!, otherAlice!];
}

/** Alice and bob, and the device that alice has used before. */
async function office() {
  const [alice, bob, otherAlice] = await people();
  const server = new FakeServer();
  const device = { memory: new FakeMemory(), stores: fakeLogStores() };
  const first = await server.join(alice);
  await first.close();
  const bobBox = new Mailbox(await server.join(bob));
  const login = () => server.login(alice, device.memory, device.stores);
  await (await login()).close();
  return { server, alice, bob, otherAlice, bobBox, device, login };
}

/** Noise in the log: somebody who is never looked up. */
function strangers(log: FakeLog, count: number): void {
  for (let i = 0; i < count; i++) {
    log.append("first", `stranger-${log.leaves.length}`, randomBytes(9));
  }
}

/** What alice's box does while there is an alarm: nothing goes out, mail still comes in. */
async function isStopped(box: Mailbox, bobBox: Mailbox, code: string): Promise<void> {
  const alarm = box.keyLog.alarm();
  assertEquals(alarm?.code, code);
  const mail = { to: ["bob"], title: "", body: "" };
  for (const attempt of [() => box.send(mail), () => box.checkRecipients(["bob"])]) {
    const error = await assertRejects(attempt, TrustError, alarm!.message);
    assertEquals(error.code, code);
    assertStringIncludes(error.hint!, "mailsec log evidence");
  }
  await bobBox.send({ to: ["alice"], title: "still here", body: "" });
  assertEquals((await box.list())[0]!.title, "still here");
}

Deno.test("key log: the copy is fetched once, in pages, and then only what is new", async () => {
  const { server, login, device } = await office();
  strangers(server.log, 2 * LOG_PAGE);
  server.asked.length = 0;
  const account = await login();
  assertEquals(server.asked.filter((type) => type === "log_sync").length, 2);
  assertEquals(account.log.head.size, server.log.leaves.length);
  assertEquals(account.log.head.root, server.log.rootAt());
  assertEquals(device.stores.mirror.stored.size, server.log.leaves.length);
  assertEquals((await account.log.entries()).size, server.log.leaves.length);
  await account.state.settled();
  server.asked.length = 0;
  const again = await login();
  assertEquals(server.asked, ["get_state", "log_sync"]);
  assertEquals([again.log.alarms.current, again.state.current.log?.size], [
    null,
    server.log.leaves.length,
  ]);
});

Deno.test("key log: heads that this server has not signed are no login", async () => {
  const { server, login } = await office();
  const { realm, log } = server;
  const { secret } = await generateSigningKeyPair();
  const head = { realm, size: log.leaves.length, root: log.rootAt() };
  const notes = [
    (await makeLogHead(await importSigner(secret), head)).note,
    (await makeLogHead(await fakeRoot(), { ...head, realm: randomBytes(32) })).note,
  ];
  for (const note of notes) {
    server.lies.log_sync = () => ({ head: note, leaves: [] });
    assertEquals((await assertRejects(login, TrustError)).code, "log_head");
  }
});

Deno.test("key log: what is no log, or has no end, ends in a ProtocolError", async () => {
  const { server, login } = await office();
  strangers(server.log, LOG_PAGE + 10);
  const { log, realm } = server;
  const signed = async (size: number) =>
    (await makeLogHead(await fakeRoot(), { realm, size, root: randomBytes(32) })).note;
  const [huge, shorter] = [await signed(MAX_LOG_ENTRIES + 1), await signed(10)];
  const other = encodeLogEntry({
    ...{ seq: 999_999, time: 0, type: "first", user: "eve", recordHash: randomBytes(32) },
  });
  // deno-lint-ignore no-explicit-any -- what a server may send
  const lies: Record<string, (from: number, honest: any) => unknown> = {
    "a page that is not full": (_, page) => ({ ...page, leaves: page.leaves.slice(0, -1) }),
    "an empty page for ever": (_, page) => ({ ...page, leaves: [] }),
    "no head": (_, page) => ({ ...page, head: "none" }),
    "no entry": (_, page) => ({ ...page, leaves: [new Uint8Array(9), ...page.leaves.slice(1)] }),
    "an entry of another number": (_, page) => ({
      ...page,
      leaves: [other, ...page.leaves.slice(1)],
    }),
    "too many entries": (_, page) => ({ ...page, head: huge }),
    "becoming shorter": (from, page) => from > 10 ? { head: shorter, leaves: [] } : page,
  };
  for (const [name, lie] of Object.entries(lies)) {
    server.lies.log_sync = async (_, { from }, honest) => lie(from, await honest());
    const asked = server.asked.length;
    await assertRejects(login, ProtocolError, undefined, name);
    assert(server.asked.length - asked < 5, name);
  }
  assertEquals(log.leaves.length, LOG_PAGE + 12);
});

Deno.test("key log: a page behind the head is refused, whatever it is", async () => {
  const { server, login } = await office();
  const extra = encodeLogEntry({
    ...{ seq: server.log.leaves.length, time: 0, type: "first", user: "eve" },
    recordHash: randomBytes(32),
  });
  server.lies.log_sync = async (_, __, honest) => ({ ...await honest(), leaves: [extra] });
  await assertRejects(login, ProtocolError);
});

Deno.test("key log: another log than before, longer or as long, is a fork", async () => {
  for (const more of [0, 5]) {
    const { server, login, bobBox, device } = await office();
    strangers(server.log, 3);
    await (await login()).close();
    const known = device.stores.mirror.stored;
    const fork = server.log.fork(2);
    strangers(fork, 3 + more);
    server.logOf = (user) => user === "alice" ? fork : server.log;
    const box = new Mailbox(await login());
    await isStopped(box, bobBox, "log_fork");
    const [found] = await box.keyLog.evidence();
    assertEquals(found!.heads.map(({ by, root }) => [by, root]), [
      ["device", toHex(known.root)],
      ["server", toHex(fork.rootAt())],
    ]);
    assertEquals(found!.heads[0]!.note, known.note);
    assertEquals(box.keyLog.head().size, known.size);
  }
});

Deno.test("key log: a shorter log than before is a rollback", async () => {
  const { server, login, bobBox } = await office();
  strangers(server.log, 3);
  await (await login()).close();
  const old = server.log.fork(4);
  server.logOf = (user) => user === "alice" ? old : server.log;
  await isStopped(new Mailbox(await login()), bobBox, "log_rollback");
});

Deno.test("key log: a new device notices what another device of the user has seen", async () => {
  const cases: [string, (log: FakeLog) => FakeLog][] = [
    ["log_rollback", (log) => log.fork(log.leaves.length - 1)],
    ["log_fork", (log) => {
      const fork = log.fork(1);
      strangers(fork, 20);
      return fork;
    }],
  ];
  for (const [code, change] of cases) {
    const { server, login, alice } = await office();
    strangers(server.log, 3);
    await (await login()).close();
    const other = change(server.log);
    server.logOf = (user) => user === "alice" ? other : server.log;
    const elsewhere = await server.login(alice);
    assertEquals(elsewhere.log.alarms.current?.code, code);
    assertEquals(elsewhere.log.alarms.current?.heads[0]?.by, "account");
    assertEquals(elsewhere.log.head.size, 0);
  }
});

Deno.test("key log: entries in one's own name that one has not made stop everything", async () => {
  const { otherAlice, alice } = await office();
  const attacks: [string, Person][] = [
    ["keys out of nowhere", otherAlice],
    ["a reset that the server allows itself", await resetTo(alice)],
  ];
  for (const [name, attacker] of attacks) {
    const { server, login, bobBox, alice } = await office();
    const seq = server.register(attacker);
    // To her alone the server gives the keys that she has.
    server.lies.lookup = (user, _, honest) => ({
      results: honest().results.map((result: { user: string; identities: unknown[] }) =>
        user === "alice" && result.user === "alice"
          ? { ...result, identities: [alice.identity.bytes] }
          : result
      ),
    });
    for (const account of [await login(), await server.login(alice)]) {
      const box = new Mailbox(account);
      assertEquals(box.keyLog.alarm()?.code, "own_entry", name);
      const { entries, message } = box.keyLog.alarm()!;
      assertEquals(entries.map((line) => [line.seq, line.user]), [[seq, "alice"]]);
      assertStringIncludes(message, "you have not made");
      const stopped = () => box.send({ to: ["bob"], title: "", body: "" });
      assertEquals((await assertRejects(stopped, TrustError)).code, "own_entry");
      // Not told to the other devices, which are to look for themselves.
      await account.state.settled();
      assert((account.state.current.log?.size ?? 0) <= seq);
    }
    await bobBox.close();
  }
});

Deno.test("key log: an entry that was taken back by another one is still an alarm", async () => {
  const { server, login, alice, otherAlice } = await office();
  const seq = server.register(otherAlice);
  server.register(alice);
  const { alarms } = (await login()).log;
  assertEquals(alarms.current?.code, "own_entry");
  assertEquals(alarms.current?.entries.map((line) => line.seq), [seq, seq + 1]);
});

Deno.test("key log: one's own new keys are no alarm, on the device that made them and on others", async () => {
  const { server, login, alice } = await office();
  const inSession = await login();
  const next = await rotated(alice);
  server.register(next);
  const moved = await server.login(next);
  assertEquals(moved.log.alarms.current, null);
  await moved.state.settled();
  assertEquals(moved.state.current.identity, next.identity.hash);
  // A session with the old keys is about to end: nothing is said, and nothing is settled.
  await inSession.log.sync();
  assertEquals(inSession.log.alarms.current, null);
  inSession.keys = next.keys;
  await inSession.log.sync();
  assertEquals(inSession.log.alarms.current, null);
  assertEquals(inSession.state.current.log?.size, server.log.leaves.length);
});

Deno.test("key log: new keys that another device is said to have made, but did not, are an alarm", async () => {
  const { server, login, alice } = await office();
  server.register(await rotated(alice));
  // A login brings the newest keys there are; these are older.
  assertEquals((await login()).log.alarms.current?.code, "own_entry");
});

Deno.test("key log: an account of before there was a log finds its keys in it, or the alarm", async () => {
  for (const isThere of [true, false]) {
    const { server, device, alice, login } = await office();
    await (await login()).state.update((state) => (
      { state: { ...state, identity: null, log: null }, result: undefined }
    )).committed;
    if (!isThere) {
      server.log.leaves = [];
      strangers(server.log, 3);
      device.stores = fakeLogStores();
    }
    const account = await login();
    await account.state.settled();
    assertEquals(account.log.alarms.current?.code, isThere ? undefined : "unlogged_keys");
    assertEquals(account.state.current.identity, isThere ? alice.identity.hash : null);
  }
});

Deno.test("key log: a mail names the log that its sender sees; one from a fork is found out", async () => {
  const { server, login, alice } = await office();
  strangers(server.log, 4);
  const box = new Mailbox(await login());
  const fork = server.log.fork(3);
  strangers(fork, 2);
  server.logOf = (user) => user === "bob" ? fork : server.log;
  const bobBox = new Mailbox(await server.login((await people())[1]));
  assertEquals(bobBox.keyLog.alarm(), null);
  await bobBox.send({ to: ["alice"], title: "from elsewhere", body: "" });
  const [item] = await box.list();
  assertEquals(item!.title, "from elsewhere");
  assertStringIncludes(String(item!.warnings), "another list of everybody's keys");
  const { code, mail, heads } = box.keyLog.alarm()!;
  assertEquals([code, mail], ["log_fork", { id: item!.id, from: "bob" }]);
  assertEquals(heads.map(({ by, size }) => [by, size]), [["bob", 5], ["server", 6]]);
  assertEquals((await new Mailbox(await server.login(alice)).list())[0]!.warnings, item!.warnings);
});

Deno.test("key log: a mail that knows more than the server shows is found out after one more look", async () => {
  const { server, login, bobBox } = await office();
  const box = new Mailbox(await login());
  strangers(server.log, 2);
  await bobBox.keyLog.verify();
  await bobBox.send({ to: ["alice"], title: "news", body: "" });
  server.asked.length = 0;
  assertEquals((await box.list())[0]!.warnings, []);
  assert(server.asked.includes("log_sync"));
  assertEquals([box.keyLog.alarm(), box.keyLog.head().size], [null, server.log.leaves.length]);

  const old = server.log.fork();
  server.logOf = (user) => user === "alice" ? old : server.log;
  strangers(server.log, 1);
  await bobBox.keyLog.verify();
  await bobBox.send({ to: ["alice"], title: "more", body: "" });
  const [item] = await box.list();
  assertStringIncludes(String(item!.warnings), "knows more");
  assertEquals(box.keyLog.alarm()?.code, "log_withheld");
});

Deno.test("key log: keys that are not in the log are not sealed to, and old ones neither", async () => {
  const { server, login, bob, bobBox } = await office();
  const next = await rotated(bob);
  server.register(next);
  const cases: [string, Uint8Array<ArrayBuffer>[]][] = [
    ["old", [bob.identity.bytes]],
    ["unlogged", [bob.identity.bytes, next.identity.bytes, (await rotated(next)).identity.bytes]],
    ["a stranger's", [(await makePerson("bob")).identity.bytes]],
    ["out of order", [next.identity.bytes, bob.identity.bytes]],
  ];
  await bobBox.close();
  for (const [name, identities] of cases) {
    const device = fakeLogStores();
    const box = new Mailbox(await server.login((await people())[0], new FakeMemory(), device));
    server.lies.lookup = (_, __, honest) => ({
      results: honest().results.map((result: { user: string }) =>
        result.user === "bob" ? { ...result, identities } : result
      ),
    });
    const send = () => box.send({ to: ["bob"], title: "", body: "" });
    const error = await assertRejects(send, TrustError, undefined, name);
    assertEquals([error.code, box.keyLog.alarm()?.code], ["unlogged_keys", "unlogged_keys"], name);
    assertEquals(box.keyLog.alarm()!.records, [identities.at(-1)!.toBase64()]);
    assertEquals((await box.contact("alice")).state, "verified");
    server.lies = {};
  }
  assertEquals((await login()).log.alarms.current, null);
});

Deno.test("key log: keys that change between two questions are no alarm", async () => {
  const { server, login, bob } = await office();
  const box = new Mailbox(await login());
  const next = await rotated(bob);
  server.lies.lookup = (_, __, honest) => {
    // The answer is under way, and then bob has new keys.
    const answer = honest();
    server.lies = {};
    server.register(next);
    return answer;
  };
  await box.send({ to: ["bob"], title: "", body: "" });
  assertEquals(box.keyLog.alarm(), null);
  const bobBox = new Mailbox(await server.login(next));
  assertEquals((await bobBox.list()).length, 1);
});

Deno.test("key log: evidence is kept once, stops sending until dismissed, and stays", async () => {
  const { server, login, bobBox } = await office();
  strangers(server.log, 3);
  await (await login()).close();
  const old = server.log.fork(4);
  server.logOf = (user) => user === "alice" ? old : server.log;
  for (let times = 0; times < 3; times++) await (await login()).close();
  const box = new Mailbox(await login());
  const [found, ...more] = await box.keyLog.evidence();
  assertEquals([found!.id, found!.dismissed, more.length], [1, null, 0]);
  await assertRejects(() => box.keyLog.dismissEvidence(7), NotFoundError);
  await box.keyLog.dismissEvidence(1);
  assertEquals(box.keyLog.alarm(), null);
  assertEquals(box.keyLog.head().size, 4);
  // Keys that the server's log does not have any more cannot be in mail to them.
  await box.send({ to: ["bob"], title: "on we go", body: "" });
  assertEquals((await bobBox.list()).length, 1);
  const again = new Mailbox(await login());
  assertEquals(again.keyLog.alarm(), null);
  assert((await again.keyLog.evidence())[0]!.dismissed !== null);
});

Deno.test("key log: what an invite says of the log is held against it", async () => {
  const { server, login } = await office();
  strangers(server.log, 4);
  const head = async (size: number) => {
    const { root } = await server.log.head(size);
    return { size, root: root.slice(0, 20) };
  };
  const account = await login();
  for (const size of [0, 1, 5, 6]) await account.log.checkInvite(await head(size));
  assertEquals(account.log.alarms.current, null);
  await account.log.checkInvite({ size: 7, root: randomBytes(20) });
  await account.log.checkInvite({ size: 3, root: randomBytes(20) });
  assertEquals(account.log.alarms.all.map(({ code }) => code), ["log_withheld", "log_fork"]);
});

Deno.test("key log: verify computes everything anew and says what it has found", async () => {
  const { server, login, device } = await office();
  strangers(server.log, 5);
  const box = new Mailbox(await login());
  const { size, users, ownSeq, note } = await box.keyLog.verify();
  assertEquals([size, users, ownSeq], [7, 7, 0]);
  assertEquals(box.keyLog.head(), { size, root: (await box.keyLog.verify()).root, note });
  assertEquals((await box.keyLog.entries("bob")).map(({ seq, type }) => [seq, type]), [[
    1,
    "first",
  ]]);
  // A damaged copy is fetched again, and must be the one that is known.
  device.stores.mirror.bytes = device.stores.mirror.bytes.slice(0, 100);
  const mended = new Mailbox(await login());
  assertEquals((await mended.keyLog.entries()).length, 7);
  device.stores.mirror.bytes = device.stores.mirror.bytes.slice(0, 100);
  const other = server.log.fork(2);
  strangers(other, 6);
  server.logOf = () => other;
  const caught = new Mailbox(await login());
  await assertRejects(() => caught.keyLog.entries(), TrustError);
  assertEquals(caught.keyLog.alarm()?.code, "log_fork");
});

Deno.test("key log: a mail of before there was a log is as good as one", async () => {
  const { login } = await office();
  const account = await login();
  const mail = { id: "00", from: "bob", head: EMPTY_LOG };
  assertEquals(await account.log.checkMails([mail]), [null]);
});
