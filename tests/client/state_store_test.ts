import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type AccountState, openState } from "../../crypto/account_state.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { ConfigError } from "../../client/errors.ts";
import type { StateChange } from "../../client/state_store.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { FakeMemory, FakeServer, makePerson, type Person, refuse } from "./fake_server.ts";

let made: Promise<Person> | undefined;

async function office() {
  const alice = await (made ??= makePerson("alice"));
  const server = new FakeServer();
  const one = (await server.join(alice)).state;
  const two = (await server.login(alice)).state;
  const stored = (): AccountState => {
    const { keys: { bundleKey }, user } = alice;
    const { revision, sealed } = server.states.get(user)!;
    return openState(bundleKey, { realm: server.realm, user, revision }, sealed);
  };
  return { server, alice, one, two, stored };
}

/** Counts how many mails were sent to a user; gives the new count. */
function countFor(user: string): StateChange<number> {
  return (state) => {
    const count = 1 + (state.counters.sent.get(user) ?? 0);
    const sent = new Map([...state.counters.sent, [user, count] as const]);
    return { state: { ...state, counters: { ...state.counters, sent } }, result: count };
  };
}

Deno.test("state: changes made one after the other are all written", async () => {
  const { one, stored } = await office();
  for (let n = 1; n <= 50; n++) {
    assertEquals(await one.update(countFor("bob")).committed, n);
    assertEquals(stored().counters.sent.get("bob"), n);
  }
});

Deno.test("state: changes made at once go in few writes, each with its own result", async () => {
  const { server, one, stored } = await office();
  const updates = Array.from({ length: 50 }, () => one.update(countFor("bob")));
  assertEquals(updates.map(({ tentative }) => tentative), updates.map((_, i) => i + 1));
  const committed = await Promise.all(updates.map((update) => update.committed));
  assertEquals(committed, updates.map((_, i) => i + 1));
  assertEquals(stored().counters.sent.get("bob"), 50);
  assertEquals(server.asked.filter((type) => type === "put_state").length, 2);
});

Deno.test("state: two devices lose nothing to each other", async () => {
  const { one, two, stored } = await office();
  const results = await Promise.all(
    Array.from(
      { length: 40 },
      (_, i) => (i % 2 === 0 ? one : two).update(countFor("bob")).committed,
    ),
  );
  assertEquals(results.sort((a, b) => a - b), results.map((_, i) => i + 1));
  assertEquals(stored().counters.sent.get("bob"), 40);
});

Deno.test("state: what was overtaken says so, tentative and committed differ", async () => {
  const { one, two } = await office();
  await one.update(countFor("bob")).committed;
  const { tentative, committed } = two.update(countFor("bob"));
  assertEquals([tentative, await committed], [1, 2]);
  assertEquals(two.current.counters.sent.get("bob"), 2);
});

Deno.test("state: a write whose acknowledgement was lost counts once", async () => {
  const { server, one, stored } = await office();
  server.lies.put_state = (_, __, honest) => {
    delete server.lies.put_state;
    honest();
    // What the retry on a new connection gets: its own write is there already.
    throw new ServerError("conflict");
  };
  assertEquals(await one.update(countFor("bob")).committed, 1);
  assertEquals(stored().counters.sent.get("bob"), 1);
});

Deno.test("state: nothing is written when nothing changes", async () => {
  const { server, one } = await office();
  assertEquals(await one.update((state) => ({ state, result: "same" })).committed, "same");
  assertEquals(server.asked.includes("put_state"), false);
});

Deno.test("state: a failed write is told and forgotten, later ones go on", async () => {
  const { server, one, stored } = await office();
  server.lies.put_state = refuse("internal");
  await assertRejects(() => one.update(countFor("bob")).committed, ServerError);
  assertEquals(one.current.counters.sent.has("bob"), false);
  delete server.lies.put_state;
  assertEquals(await one.update(countFor("bob")).committed, 1);
  assertEquals(stored().counters.sent.get("bob"), 1);
});

Deno.test("state: a server that always conflicts is given up on", async () => {
  const { server, one } = await office();
  server.lies.put_state = refuse("conflict");
  server.lies.get_state = (_, __, honest) => honest();
  const error = await assertRejects(() => one.update(countFor("bob")).committed, ServerError);
  assertEquals(error.code, "conflict");
});

Deno.test("state: one that is missing or changed is a matter of trust", async () => {
  const { server, alice } = await office();
  const { sealed } = server.states.get("alice")!;
  const changed = sealed.slice();
  changed[100]! ^= 1;
  for (const lie of [null, changed, sealed.slice(0, -1)]) {
    server.lies.get_state = () => ({ revision: 1, sealed: lie });
    const error = await assertRejects(() => server.login(alice), TrustError);
    assertEquals(error.code, "account_state");
  }
});

Deno.test("state: an older one than this device has seen is a rollback", async () => {
  const { server, alice } = await office();
  const memory = new FakeMemory();
  const { state } = await server.login(alice, memory);
  const old = { ...server.states.get("alice")! };
  await state.update(countFor("bob")).committed;
  await state.settled();
  assertEquals(memory.revision, 2);
  // With its own number, it is old; with a newer number, it is not the one sealed for that.
  for (
    const [lie, code] of [
      [old, "state_rollback"],
      [{ revision: 0, sealed: null }, "state_rollback"],
      [{ ...old, revision: 2 }, "account_state"],
      [{ ...old, revision: 9 }, "account_state"],
    ] as const
  ) {
    server.lies.get_state = () => lie;
    const error = await assertRejects(() => server.login(alice, memory), TrustError);
    assertEquals(error.code, code);
    if (code === "state_rollback") assertStringIncludes(error.hint!, memory.path);
  }
  assertEquals(memory.revision, 2);
  // What nobody remembers cannot be missed: a new device takes the old state.
  server.lies.get_state = () => old;
  assertEquals((await server.login(alice)).state.current.counters.sent.size, 0);
});

Deno.test("state: a conflict cannot bring an older one into a session", async () => {
  const { server, one, two } = await office();
  const old = { ...server.states.get("alice")! };
  await one.update(countFor("bob")).committed;
  await two.update(countFor("bob")).committed;
  server.lies.put_state = refuse("conflict");
  server.lies.get_state = () => old;
  const error = await assertRejects(() => two.update(countFor("bob")).committed, TrustError);
  assertEquals(error.code, "state_rollback");
  assertEquals(two.current.counters.sent.get("bob"), 2);
});

Deno.test("state: another one under the revision that was seen does not replace it", async () => {
  const { server, alice, one } = await office();
  // Two devices wrote revision 2; the server kept both, and told each of them that it was first.
  const fork = await server.login(alice);
  const before = { ...server.states.get("alice")! };
  await fork.state.update(countFor("eve")).committed;
  const other = { ...server.states.get("alice")! };
  server.states.set("alice", before);
  await one.update(countFor("bob")).committed;
  server.lies.put_state = refuse("conflict");
  server.lies.get_state = () => other;
  await assertRejects(() => one.update(countFor("bob")).committed, ServerError);
  assertEquals([...one.current.counters.sent], [["bob", 1]]);
});

Deno.test("state: a write acknowledged under another revision is not believed", async () => {
  const { server, one } = await office();
  server.lies.put_state = (_, __, honest) => ({ revision: honest().revision + 1 });
  const error = await assertRejects(() => one.update(countFor("bob")).committed, TrustError);
  assertEquals(error.code, "account_state");
});

Deno.test("state: what another process remembers while this one asks is no rollback", async () => {
  const { server, alice } = await office();
  const memory = new FakeMemory();
  server.lies.get_state = (_, __, honest) => {
    const reply = { ...honest() };
    memory.revision = 5;
    return reply;
  };
  await server.login(alice, memory);
  assertEquals(memory.revision, 5);
});

Deno.test("state: devices and processes that race raise no alarm", async () => {
  const { server, alice } = await office();
  const [desk, phone] = [new FakeMemory(), new FakeMemory()];
  const sessions = await Promise.all([
    ...[desk, desk, phone].map((memory) => server.login(alice, memory)),
  ]);
  await Promise.all(Array.from({ length: 30 }, async (_, i) => {
    await sessions[i % 3]!.state.update(countFor("bob")).committed;
    await server.login(alice, i % 2 === 0 ? desk : phone);
  }));
  await Promise.all(sessions.map(({ state }) => state.settled()));
  assertEquals(server.states.get("alice")!.revision, desk.revision);
});

Deno.test("state: a memory that cannot be written does not stop a session", async () => {
  const { server, alice } = await office();
  const memory = new FakeMemory();
  const { state } = await server.login(alice, memory);
  memory.remember = () => Promise.reject(new ConfigError("disk full"));
  assertEquals(await state.update(countFor("bob")).committed, 1);
  assertEquals(await state.update(countFor("bob")).committed, 2);
  await state.settled();
});

/** Learns the keys of some people with the longest of names. */
function pinMany(from: number, count: number): StateChange<void> {
  const users = Array.from({ length: count }, (_, i) => `${from + i}`.padStart(32, "u"));
  const pin = {
    kemKeyId: new Uint8Array(8),
    epoch: 1,
    recordHash: new Uint8Array(32),
    firstSeen: 1_760_000_000_000,
  };
  const fingerprint = new Uint8Array(32);
  return (state) => {
    const { pins, counters: { sent, seen } } = state;
    const added = users.map((user) =>
      [user, { ...pin, fingerprint, trust: "seen" as const }] as const
    );
    const counters = {
      sent: new Map([...sent, ...users.map((user) => [user, 300] as const)]),
      seen: new Map([...seen, ...users.map((user) => [user, [1, 300]] as const)]),
    };
    return { state: { ...state, pins: new Map([...pins, ...added]), counters }, result: undefined };
  };
}

Deno.test("state: thousands of contacts fit; when it is full, that is said and the rest goes on", async () => {
  const { server, alice, one, stored } = await office();
  await one.update(pinMany(0, 7000)).committed;
  assertEquals((await server.login(alice)).state.current.pins.size, 7000);
  const error = await assertRejects(() => one.update(pinMany(7000, 2000)).committed, MailsecError);
  assertEquals(error.code, "state_full");
  assertStringIncludes(error.message, "no more contacts");
  const known = "6999".padStart(32, "u");
  assertEquals(await one.update(countFor(known)).committed, 301);
  assertEquals([stored().pins.size, stored().counters.sent.get(known)], [7000, 301]);
});
