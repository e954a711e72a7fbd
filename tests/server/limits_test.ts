import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { ServerError } from "../../protocol/error_codes.ts";
import { FrameReader, FrameType, readRefusal } from "../../protocol/frame.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { ConnectionLostError } from "../../protocol/session_errors.ts";
import { MAX_HANDSHAKES_PER_SOURCE, SILENT_GRACE_MS } from "../../server/handshake_allowance.ts";
import { HANDSHAKE_BURST } from "../../server/limiter.ts";
import { startTestServer } from "./harness.ts";
import { join, login, type TestClient, Wire } from "./test_client.ts";

/** What a server says to whoever connects and says nothing. */
async function greeting(port: number): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const reader = new FrameReader();
  const buffer = new Uint8Array(100);
  for (;;) {
    const frame = reader.next([FrameType.REFUSED]);
    if (frame !== null) return readRefusal(frame.body);
    const length = await socket.read(buffer);
    if (length === null) return "closed";
    reader.push(buffer.slice(0, length));
  }
}

Deno.test("limits: the sixth is told within a second that the server is full, and gets in once one leaves", async () => {
  await using server = await startTestServer();
  const clients: TestClient[] = [];
  for (let i = 0; i < 5; i++) clients.push(await join(server, `user${i}`));
  const before = performance.now();
  assertEquals(await greeting(server.port), "server_full");
  assertLess(performance.now() - before, 1000);
  const full = await assertRejects(() => login(server.port, "user0", "x"), ServerError);
  assertEquals(full.code, "server_full");
  await clients.pop()!.close();
  const again = await login(server.port, "user4", "the password of user4");
  assert((await again.session.request(ping, {})).time > 0);
  await again.close();
  for (const client of clients) await client.close();
});

Deno.test("limits: of those who finish a handshake at once, no more than there are places get in", async () => {
  await using server = await startTestServer({ config: { maxConnections: 1 } });
  for (const user of ["alice", "bob"]) await (await join(server, user)).close();
  const both = await Promise.all(
    ["alice", "bob"].map((user) => login(server.port, user, `the password of ${user}`)),
  );
  const answers = await Promise.allSettled(both.map(({ session }) => session.request(ping, {})));
  const refused = answers.filter((answer) => answer.status === "rejected");
  assertEquals(refused.length, 1);
  assertEquals((refused[0]!.reason as ServerError).code, "server_full");
  for (const client of both) await client.close();
});

Deno.test("limits: one user has three sessions at most, and a place again when one ends", async () => {
  await using server = await startTestServer();
  const first = await join(server, "alice");
  const log = (n: number) =>
    login(server.port, "alice", "the password of alice").then((c) => [n, c] as const);
  const [, second] = await log(2);
  const [, third] = await log(3);
  const [, fourth] = await log(4);
  const refused = await assertRejects(() => fourth.session.request(ping, {}), ServerError);
  assertEquals(refused.code, "too_many_sessions");
  await first.close();
  const [, fifth] = await log(5);
  assert((await fifth.session.request(ping, {})).time > 0);
  for (const client of [second, third, fourth, fifth]) await client.close();
});

Deno.test("limits: sockets that are only held open cost those who are logged in nothing, and end", async () => {
  const timeouts = { handshakeMs: 4000, idleMs: 60_000 };
  await using server = await startTestServer({ test: { timeouts } });
  const alice = await join(server, "alice");
  const flood: Wire[] = [];
  for (let i = 0; i < 40; i++) flood.push(await Wire.open(server.port));
  for (let i = 0; i < 20; i++) assert((await alice.session.request(ping, {})).time > 0);
  assertEquals(await greeting(server.port), "busy");
  await Promise.all(flood.map((wire) => wire.ended));
  const reasons = new Set(server.logged("ended").map(({ reason }) => reason));
  assert(reasons.has("handshake_crowded_out"), [...reasons].join());
  assert(reasons.has("handshake_timeout"), [...reasons].join());
  await alice.close();
});

Deno.test("limits: who has waited for a place has the whole time for the handshake", async () => {
  const timeouts = { handshakeMs: 1000, idleMs: 60_000 };
  await using server = await startTestServer({ test: { timeouts } });
  const before = performance.now();
  const silent: Wire[] = [];
  for (let i = 0; i < 2 * MAX_HANDSHAKES_PER_SOURCE; i++) silent.push(await Wire.open(server.port));
  await silent.at(-1)!.ended;
  assert(performance.now() - before >= SILENT_GRACE_MS + timeouts.handshakeMs);
  await Promise.all(silent.map((wire) => wire.ended));
});

Deno.test("limits: logins do not use tokens up", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  await alice.close();
  for (let i = 0; i < HANDSHAKE_BURST + 2; i++) {
    await (await login(server.port, "alice", "the password of alice")).close();
  }
});

Deno.test("limits: a session that says nothing is ended, one that pings is not", async () => {
  const timeouts = { handshakeMs: 10_000, idleMs: 1000 };
  await using server = await startTestServer({ test: { timeouts } });
  const quiet = await join(server, "quiet");
  const lively = await join(server, "lively");
  const pinging = setInterval(() => void lively.session.request(ping, {}), 200);
  await quiet.wire.ended;
  clearInterval(pinging);
  await assertRejects(() => quiet.session.request(ping, {}), ConnectionLostError);
  assert((await lively.session.request(ping, {})).time > 0);
  assertEquals(server.logged("ended").at(-1)!.reason, "idle");
  await lively.close();
});
