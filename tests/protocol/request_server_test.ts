import { assert, assertEquals } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { type RecordEvent } from "../../crypto/record.ts";
import { RecordOpener } from "../../crypto/record_opener.ts";
import { RecordSealer } from "../../crypto/record_sealer.ts";
import {
  MAX_BYTES_IN_FLIGHT,
  MAX_EVENTS_WAITING,
  MAX_REQUESTS_IN_FLIGHT,
} from "../../protocol/limits.ts";
import { MESSAGES } from "../../protocol/registry.ts";
import type { SessionEnd } from "../../protocol/request_server.ts";
import { RequestServer } from "../../protocol/request_server.ts";
import { decodeFromServer, encodeRequest } from "../../protocol/session_message.ts";
import type { RequestResult } from "../../protocol/vault_port.ts";
import { Growing, settle, testClock } from "./link_pair.ts";

interface Asked {
  body: unknown;
  answer(result: RequestResult): void;
  fail(): void;
}

/** A session whose vault answers when the test says so, and a client made of bare records. */
class Bench {
  readonly clock = testClock();
  readonly vault = new Growing<Asked>();
  readonly problems: unknown[] = [];
  readonly ends: SessionEnd[] = [];
  readonly ended = Promise.withResolvers<SessionEnd>();
  readonly #secrets = {
    clientToServer: randomBytes(64),
    serverToClient: randomBytes(64),
    exporter: randomBytes(64),
  };
  readonly sealer = new RecordSealer(this.#secrets.clientToServer, { clock: this.clock });
  readonly #opener = new RecordOpener(this.#secrets.serverToClient, { maxMessageBytes: 2 ** 21 });
  readonly #arrived = new Growing<RecordEvent>();
  #read = 0;
  bytesOut = 0;
  /** What the connection answers to bytes. */
  taken: () => void | Promise<void> = () => {};
  readonly server = new RequestServer({
    secrets: this.#secrets,
    clock: this.clock,
    vault: {
      request: ({ body }) =>
        new Promise((answer, reject) => {
          this.vault.push({ body, answer, fail: () => reject(new Error("broken")) });
        }),
    },
    onBytes: (bytes) => {
      this.bytesOut += bytes.length;
      void this.#opener.push(bytes).then((events) => this.#arrived.push(...events));
      return this.taken();
    },
    onProblem: (cause) => this.problems.push(cause),
    onEnd: (how) => {
      this.ends.push(how);
      this.ended.resolve(how);
    },
  });

  async ping(id: number): Promise<void> {
    await this.server.push(await this.sealed(id));
  }

  sealed(id: number): Promise<Bytes> {
    return this.sealer.message(encodeRequest({ id, ...MESSAGES.ping }, {}));
  }

  async raw(message: Uint8Array): Promise<void> {
    await this.server.push(await this.sealer.message(new Uint8Array(message)));
  }

  get asked(): Asked[] {
    return this.vault.items;
  }

  /** The next thing that the client reads. */
  async next(): Promise<RecordEvent> {
    const arrived = await this.#arrived.has(++this.#read);
    return arrived[this.#read - 1]!;
  }

  async nextReply(): Promise<unknown> {
    const event = await this.next();
    assert(event.type === "message", JSON.stringify(event));
    return decodeFromServer(event.bytes, () => MESSAGES.ping.reply);
  }
}

const pong = { body: { time: 1 } };

Deno.test("request server: answers leave as they become ready, under the ids they belong to", async () => {
  const bench = new Bench();
  for (const id of [1, 2, 5]) await bench.ping(id);
  bench.asked[2]!.answer({ body: { time: 30 } });
  assertEquals(await bench.nextReply(), { id: 5, body: { time: 30 } });
  bench.asked[0]!.answer({ body: { time: 10 } });
  assertEquals(await bench.nextReply(), { id: 1, body: { time: 10 } });
  bench.asked[1]!.answer({ body: { time: 20 } });
  assertEquals(await bench.nextReply(), { id: 2, body: { time: 20 } });
});

Deno.test("request server: many answers at once, great and small, arrive in the order they were given", async () => {
  const bench = new Bench();
  for (let id = 1; id <= MAX_REQUESTS_IN_FLIGHT - 1; id++) await bench.ping(id);
  const order = bench.asked.map((_, i) => (i * 7) % bench.asked.length);
  for (const i of order) bench.asked[i]!.answer({ body: { time: i } });
  for (const i of order) assertEquals(await bench.nextReply(), { id: i + 1, body: { time: i } });
});

Deno.test("request server: reading stops at the greatest number of requests under way", async () => {
  const bench = new Bench();
  let accepted = 0;
  const all: Promise<void>[] = [];
  for (let id = 1; id <= MAX_REQUESTS_IN_FLIGHT + 3; id++) {
    all.push(bench.server.push(await bench.sealed(id)).then(() => void accepted++));
  }
  await bench.vault.has(MAX_REQUESTS_IN_FLIGHT);
  await settle();
  assertEquals(bench.asked.length, MAX_REQUESTS_IN_FLIGHT);
  assertEquals(accepted, MAX_REQUESTS_IN_FLIGHT - 1, "the last one let in waits for room");
  for (let i = 0; i < MAX_REQUESTS_IN_FLIGHT + 3; i++) {
    bench.asked[i]!.answer(pong);
    await bench.nextReply();
    await bench.vault.has(Math.min(i + 1 + MAX_REQUESTS_IN_FLIGHT, MAX_REQUESTS_IN_FLIGHT + 3));
  }
  await Promise.all(all);
});

Deno.test("request server: the same in a single piece of many requests", async () => {
  const bench = new Bench();
  const pieces: number[] = [];
  for (let id = 1; id <= 2 * MAX_REQUESTS_IN_FLIGHT; id++) pieces.push(...await bench.sealed(id));
  let more = false;
  const pushed = bench.server.push(Uint8Array.from(pieces)).then(() => more = true);
  await bench.vault.has(MAX_REQUESTS_IN_FLIGHT);
  await settle();
  assertEquals(bench.asked.length, MAX_REQUESTS_IN_FLIGHT);
  assertEquals(more, false);
  for (let i = 0; i < 2 * MAX_REQUESTS_IN_FLIGHT; i++) {
    bench.asked[i]!.answer(pong);
    await bench.nextReply();
    await bench.vault.has(Math.min(i + 1 + MAX_REQUESTS_IN_FLIGHT, 2 * MAX_REQUESTS_IN_FLIGHT));
  }
  await pushed;
});

Deno.test("request server: reading stops at the greatest number of bytes under way", async () => {
  const bench = new Bench();
  const data = new Uint8Array(256 * 1024);
  const body = { messageId: randomBytes(16), offset: 0, data };
  const most = MAX_BYTES_IN_FLIGHT / data.length;
  for (let id = 1; id <= most + 2; id++) {
    const request = encodeRequest({ id, ...MESSAGES.send_chunk }, body);
    void bench.server.push(await bench.sealer.message(request));
  }
  await bench.vault.has(most);
  await settle();
  assertEquals(bench.asked.length, most);
});

Deno.test("request server: an answer that the connection has not taken counts as under way", async () => {
  const bench = new Bench();
  const taken = Promise.withResolvers<void>();
  bench.taken = () => taken.promise;
  for (let id = 1; id <= MAX_REQUESTS_IN_FLIGHT; id++) {
    void bench.server.push(await bench.sealed(id));
  }
  void bench.server.push(await bench.sealed(MAX_REQUESTS_IN_FLIGHT + 1));
  for (const asked of await bench.vault.has(MAX_REQUESTS_IN_FLIGHT)) asked.answer(pong);
  for (let i = 0; i < MAX_REQUESTS_IN_FLIGHT; i++) await bench.nextReply();
  await settle();
  assertEquals(bench.asked.length, MAX_REQUESTS_IN_FLIGHT);
  taken.resolve();
  await bench.vault.has(MAX_REQUESTS_IN_FLIGHT + 1);
});

Deno.test("request server: a request that cannot be understood is answered, and the session goes on", async () => {
  const bench = new Bench();
  await bench.raw(Uint8Array.of(0x83, 1, 0x64, ...new TextEncoder().encode("pong"), 0x80));
  assertEquals(await bench.nextReply(), { id: 1, error: "bad_request", names: [] });
  assertEquals(bench.asked.length, 0);
  await bench.ping(2);
  bench.asked[0]!.answer(pong);
  assertEquals(await bench.nextReply(), { id: 2, body: { time: 1 } });
});

Deno.test("request server: what the vault refuses is passed on, with names", async () => {
  const bench = new Bench();
  await bench.ping(1);
  bench.asked[0]!.answer({ error: "unknown_recipients", names: ["carol"] });
  assertEquals(await bench.nextReply(), { id: 1, error: "unknown_recipients", names: ["carol"] });
});

const BAD_ANSWERS: [string, unknown][] = [
  ["a body of another message", { body: { arrived: 1 } }],
  ["a body with a key too many", { body: { time: 1, secret: 2 } }],
  ["an unknown error code", { error: "on_fire", names: [] }],
  ["an error without names", { error: "busy" }],
  ["nothing", null],
];
for (const [what, answer] of BAD_ANSWERS) {
  Deno.test(`request server: when the vault answers ${what}, the client hears of an internal error`, async () => {
    const bench = new Bench();
    await bench.ping(1);
    bench.asked[0]!.answer(answer as RequestResult);
    assertEquals(await bench.nextReply(), { id: 1, error: "internal", names: [] });
    assertEquals(bench.problems.length, 1);
  });
}

Deno.test("request server: when the vault fails, the client hears of an internal error", async () => {
  const bench = new Bench();
  await bench.ping(1);
  bench.asked[0]!.fail();
  assertEquals(await bench.nextReply(), { id: 1, error: "internal", names: [] });
});

Deno.test("request server: a reply too long for one message is an internal error", async () => {
  const bench = new Bench();
  await bench.raw(encodeRequest({ id: 1, ...MESSAGES.list }, { before: null, limit: 200 }));
  const entry = { index: 1, messageId: randomBytes(16), arrived: 1, contentLength: 1, revision: 1 };
  const sealed = new Uint8Array(64 * 1024);
  const entries = new Array(30).fill({ ...entry, sealed });
  bench.asked[0]!.answer({ body: { total: 30, entries } });
  assertEquals(await bench.nextReply(), { id: 1, error: "internal", names: [] });
});

for (const second of [3, 2, 1]) {
  Deno.test(`request server: id ${second} after id 3 ends the session`, async () => {
    const bench = new Bench();
    await bench.ping(3);
    bench.asked[0]!.answer(pong);
    await bench.nextReply();
    await bench.ping(second);
    assertEquals(await bench.next(), { type: "error", code: "bad_request" });
    assertEquals(bench.ends, ["bad_request"]);
    assertEquals(bench.asked.length, 1);
  });
}

for (
  const garbage of [new Uint8Array(0), randomBytes(500).fill(0xff, 0, 1), Uint8Array.of(0x83, 0)]
) {
  Deno.test(`request server: ${garbage.length} bytes of garbage end the session`, async () => {
    const bench = new Bench();
    await bench.raw(garbage);
    assertEquals(await bench.next(), { type: "error", code: "bad_request" });
    assertEquals(bench.ends, ["bad_request"]);
  });
}

const BROKEN: Record<string, (record: Bytes) => Bytes[]> = {
  "repeated": (record) => [record, record],
  "changed": (record) => [record.with(40, record[40]! ^ 1)],
  "cut and followed by another": (record) => [record.slice(0, 100), record],
  "of zero bytes": () => [new Uint8Array(2)],
  "of a length that no record has": () => [Uint8Array.of(0xff, 0xff)],
};
for (const [what, make] of Object.entries(BROKEN)) {
  Deno.test(`request server: a record ${what} ends the session without a word`, async () => {
    const bench = new Bench();
    for (const bytes of make(await bench.sealed(1))) await bench.server.push(bytes);
    assertEquals(bench.ends, ["lost"]);
    for (const asked of bench.asked) asked.answer(pong);
    await settle();
    assertEquals(bench.bytesOut, 0);
  });
}

Deno.test("request server: records that are swapped or sent back end the session", async () => {
  const swapped = new Bench();
  const [first, second] = [await swapped.sealed(1), await swapped.sealed(2)];
  await swapped.server.push(second);
  await swapped.server.push(first);
  assertEquals(swapped.ends, ["lost"]);
  assertEquals(swapped.asked.length, 0);
});

Deno.test("request server: goodbye waits for the answers", async () => {
  const bench = new Bench();
  await bench.ping(1);
  await bench.server.push(await bench.sealer.close());
  assertEquals(bench.ends, []);
  bench.asked[0]!.answer(pong);
  assertEquals(await bench.nextReply(), { id: 1, body: { time: 1 } });
  assertEquals(await bench.next(), { type: "close" });
  assertEquals(await bench.ended.promise, "closed");
});

Deno.test("request server: a session ended from this side answers first, then says why", async () => {
  const bench = new Bench();
  await bench.ping(1);
  const closed = bench.server.close("shutting_down");
  const closedAgain = bench.server.close("disabled").then(() => bench.ends.length);
  await bench.ping(2);
  bench.asked[0]!.answer(pong);
  assertEquals(await bench.nextReply(), { id: 1, body: { time: 1 } });
  assertEquals(await bench.next(), { type: "error", code: "shutting_down" });
  await closed;
  assertEquals(await closedAgain, 1, "whoever closes waits for the end");
  assertEquals(bench.asked.length, 1, "no request is read any more");
  assertEquals(bench.ends, ["shutting_down"]);
});

Deno.test("request server: after the end of the connection nothing is written", async () => {
  const bench = new Bench();
  await bench.ping(1);
  bench.server.transportEnded();
  bench.asked[0]!.answer(pong);
  bench.server.event({ event: "closing", body: { reason: "disabled" } });
  await bench.server.close("disabled");
  await bench.ping(2);
  await settle();
  assertEquals(bench.ends, ["lost"]);
  assertEquals(bench.bytesOut, 0);
  assertEquals(bench.asked.length, 1);
});

Deno.test("request server: a reader that stands still is let go when the connection ends", async () => {
  const bench = new Bench();
  const pushes: Promise<void>[] = [];
  for (let id = 1; id <= MAX_REQUESTS_IN_FLIGHT + 5; id++) {
    pushes.push(bench.server.push(await bench.sealed(id)));
  }
  await bench.vault.has(MAX_REQUESTS_IN_FLIGHT);
  bench.server.transportEnded();
  await Promise.all(pushes);
  assertEquals(bench.asked.length, MAX_REQUESTS_IN_FLIGHT);
});

Deno.test("request server: events reach the client; one who leaves them unread is let go", async () => {
  const bench = new Bench();
  const event = { event: "new_mail", body: { index: 3, messageId: randomBytes(16) } } as const;
  bench.server.event(event);
  assertEquals(await bench.nextReply(), event);
  const never = Promise.withResolvers<void>();
  bench.taken = () => never.promise;
  // One at a time, so that each has been handed over when the session ends.
  for (let i = 0; i < MAX_EVENTS_WAITING; i++) {
    bench.server.event(event);
    await bench.nextReply();
  }
  assertEquals(bench.ends, []);
  bench.server.event(event);
  assertEquals(bench.ends, ["slow_reader"]);
  never.resolve();
});

Deno.test("request server: a connection that fails to take bytes ends the session", async () => {
  const bench = new Bench();
  bench.taken = () => Promise.reject(new Error("broken pipe"));
  await bench.ping(1);
  bench.asked[0]!.answer(pong);
  await bench.nextReply();
  assertEquals(await bench.ended.promise, "lost");
});
