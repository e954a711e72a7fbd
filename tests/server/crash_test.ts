import { assert, assertEquals } from "@std/assert";
import { ping } from "../../protocol/messages/ping.ts";
import { startTestServer } from "./harness.ts";
import { join, login, Wire } from "./test_client.ts";

function startCrashingWorker(): Worker {
  return new Worker(new URL("./workers/crashing_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
}

const test = { startWorker: startCrashingWorker };

Deno.test("crash: a worker that crashes costs its own connection only", async () => {
  await using server = await startTestServer({ test });
  const alice = await join(server, "alice");
  const victim = await Wire.open(server.port);
  await victim.write(Uint8Array.of(0xff));
  await victim.ended;
  assert((await alice.session.request(ping, {})).time > 0);
  const bob = await join(server, "bob");
  await alice.send(await alice.seal(["bob"]));
  await bob.eventCount(1);
  assertEquals(server.logged("worker_crashed").length, 1);
  const ends = server.logged("ended").filter(({ reason }) => reason === "worker_crashed");
  assertEquals(ends.length, 1);
  await alice.close();
  await bob.close();
});

Deno.test("crash: a worker that hangs holds nobody up, and is ended with its handshake", async () => {
  const timeouts = { handshakeMs: 3000, idleMs: 60_000 };
  await using server = await startTestServer({ test });
  await (await join(server, "alice")).close();
  await server.drain();
  const { dataDir } = server;
  await using again = await startTestServer({ dataDir, test: { ...test, timeouts } });
  const victim = await Wire.open(again.port);
  await victim.write(Uint8Array.of(0xfe));
  const bob = await login(again.port, "alice", "the password of alice");
  assert((await bob.session.request(ping, {})).time > 0);
  await victim.ended;
  assertEquals(again.logged("ended")[0]!.reason, "handshake_timeout");
  await bob.close();
});
