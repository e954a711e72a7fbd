import { assert, assertEquals } from "@std/assert";
import { DEFAULT_MAX_CONNECTIONS } from "../../protocol/limits.ts";
import { MAX_HANDSHAKES } from "../../server/handshake_allowance.ts";
import type { ConnectionStart } from "../../server/pipe.ts";
import { MAX_DEDICATED, type SessionWorker, SessionWorkers } from "../../server/session_workers.ts";

class FakeWorker implements SessionWorker {
  connections = 0;
  isTerminated = false;
  onerror = null;
  onmessageerror = null;
  postMessage() {
    this.connections += 1;
  }
  terminate() {
    this.isTerminated = true;
  }
}

const START = {} as ConnectionStart;

function rig(): { workers: SessionWorkers; started: FakeWorker[] } {
  const started: FakeWorker[] = [];
  const start = () => {
    started.push(new FakeWorker());
    return started.at(-1)!;
  };
  return { workers: new SessionWorkers({ start, poolSize: 2, onCrash: () => {} }), started };
}

Deno.test("session workers: with all handshakes taken, sessions still have a worker of their own", () => {
  const { workers, started } = rig();
  for (let i = 0; i < MAX_HANDSHAKES; i++) workers.place(START, () => {});
  for (let i = 0; i < DEFAULT_MAX_CONNECTIONS; i++) workers.place(START, () => {});
  assertEquals(started.length, MAX_HANDSHAKES + DEFAULT_MAX_CONNECTIONS);
  assert(started.every((worker) => worker.connections === 1));
  workers.close();
});

Deno.test("session workers: beyond that a pool is shared, and a worker of one's own is not used again", () => {
  const { workers, started } = rig();
  const places = Array.from({ length: MAX_DEDICATED }, () => workers.place(START, () => {}));
  for (let i = 0; i < 6; i++) workers.place(START, () => {});
  assertEquals(started.slice(MAX_DEDICATED).map(({ connections }) => connections), [3, 3]);
  places[0]!.release();
  assert(started[0]!.isTerminated);
  workers.place(START, () => {});
  assertEquals(started.at(-1)!.connections, 1);
  workers.close();
});
