import { assert, assertEquals, assertRejects } from "@std/assert";
import { encode as encodeCbor } from "cborg";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import type { MailsecError } from "../../crypto/errors.ts";
import type { RecordEvent } from "../../crypto/record.ts";
import { RecordOpener } from "../../crypto/record_opener.ts";
import { RecordSealer } from "../../crypto/record_sealer.ts";
import { ClientSession } from "../../protocol/client_session.ts";
import { CodecError } from "../../protocol/codec_error.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { MAX_REQUESTS_IN_FLIGHT } from "../../protocol/limits.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { ConnectionLostError, ProtocolError } from "../../protocol/session_errors.ts";
import {
  decodeRequest,
  encodeErrorReply,
  encodeEvent,
  encodeReply,
} from "../../protocol/session_message.ts";
import { Growing, settle, testClock } from "./link_pair.ts";

/** A client session, and a server made of bare records that says what the test wants. */
class Bench {
  readonly #clock = testClock();
  readonly #secrets = {
    clientToServer: randomBytes(64),
    serverToClient: randomBytes(64),
    exporter: randomBytes(64),
  };
  readonly sealer = new RecordSealer(this.#secrets.serverToClient, { clock: this.#clock });
  readonly #opener = new RecordOpener(this.#secrets.clientToServer, { maxMessageBytes: 2 ** 21 });
  readonly events: unknown[] = [];
  readonly ends: (MailsecError | null)[] = [];
  /** What the server has received. */
  readonly heard = new Growing<RecordEvent>();
  writeFails = false;

  constructor(readonly onEvent: (event: unknown) => void = (event) => this.events.push(event)) {}

  readonly session = new ClientSession(this.#secrets, {
    clock: this.#clock,
    write: async (bytes) => {
      if (this.writeFails) throw new Error("broken pipe");
      this.heard.push(...await this.#opener.push(bytes));
    },
    onEvent: (event) => this.onEvent(event),
    onClose: (error) => this.ends.push(error),
  });

  async say(message: Uint8Array): Promise<void> {
    await this.session.push(await this.sealer.message(message as Bytes));
  }

  /** The ids of the first `count` requests. */
  async hearsIds(count: number): Promise<number[]> {
    return (await this.heard.has(count)).flatMap((event) =>
      event.type === "message" ? [decodeRequest(event.bytes).id] : []
    );
  }
}

Deno.test("client session: replies in any order find who asked", async () => {
  const bench = new Bench();
  const asked = [1, 2, 3].map(() => bench.session.request(ping, {}));
  assertEquals(await bench.hearsIds(3), [1, 2, 3]);
  for (const id of [2, 3, 1]) await bench.say(encodeReply(id, "ping", { time: 10 * id }));
  assertEquals(await Promise.all(asked), [{ time: 10 }, { time: 20 }, { time: 30 }]);
});

Deno.test("client session: a refusal has its code, names, text and hint", async () => {
  const bench = new Bench();
  const asked = bench.session.request(lookup, { users: ["carol"] });
  await bench.heard.has(1);
  await bench.say(encodeErrorReply(1, "unknown_recipients", ["carol"]));
  const error = await assertRejects(() => asked, ServerError);
  assertEquals(error.code, "unknown_recipients");
  assertEquals(error.names, ["carol"]);
  assert(error.message.includes("carol") && error.hint !== undefined);
});

Deno.test("client session: events come between replies", async () => {
  const bench = new Bench();
  const event = { event: "closing", body: { reason: "disabled" } } as const;
  const asked = bench.session.request(ping, {});
  await bench.heard.has(1);
  await bench.say(encodeEvent(event));
  await bench.say(encodeReply(1, "ping", { time: 1 }));
  await asked;
  assertEquals(bench.events, [event]);
});

Deno.test("client session: a listener that throws fails the reader, and then everybody", async () => {
  const bench = new Bench(() => {
    throw new RangeError("listener");
  });
  const outcome = assertRejects(() => bench.session.request(ping, {}), ConnectionLostError);
  await bench.heard.has(1);
  const event = encodeEvent({ event: "closing", body: { reason: "disabled" } });
  const error = await assertRejects(() => bench.say(event), RangeError);
  bench.session.end(error);
  await outcome;
});

Deno.test("client session: a body that may not be sent is refused, and the session goes on", async () => {
  const bench = new Bench();
  await assertRejects(() => bench.session.request(lookup, { users: ["Bob!"] }), CodecError);
  const asked = bench.session.request(ping, {});
  await bench.heard.has(1);
  await bench.say(encodeReply(1, "ping", { time: 1 }));
  assertEquals(await asked, { time: 1 });
});

Deno.test("client session: what is more than the server takes at once waits its turn", async () => {
  const bench = new Bench();
  const total = MAX_REQUESTS_IN_FLIGHT + 2;
  const asked = Array.from({ length: total }, () => bench.session.request(ping, {}));
  await bench.heard.has(MAX_REQUESTS_IN_FLIGHT);
  await settle();
  assertEquals(bench.heard.items.length, MAX_REQUESTS_IN_FLIGHT);
  for (let id = 1; id <= total; id++) {
    await bench.say(encodeReply(id, "ping", { time: id }));
    await bench.heard.has(Math.min(MAX_REQUESTS_IN_FLIGHT + id, total));
  }
  assertEquals((await Promise.all(asked)).map(({ time }) => time), asked.map((_, i) => i + 1));
  assertEquals(await bench.hearsIds(total), asked.map((_, i) => i + 1));
});

const UNTRUE: [string, unknown][] = [
  ["a reply to nothing", [9, 0, [1]]],
  ["a reply of another type", [1, 0, [1, true]]],
  ["an unknown error code", [1, 1, "on_fire", []]],
  ["an unknown event", [0, "old_mail", []]],
  ["something else altogether", "hello"],
];
for (const [what, message] of UNTRUE) {
  Deno.test(`client session: ${what} from the server ends it`, async () => {
    const bench = new Bench();
    const asked = bench.session.request(ping, {});
    await bench.heard.has(1);
    const outcome = assertRejects(() => asked, ProtocolError);
    await bench.heard.has(1);
    await bench.say(encodeCbor(message));
    await outcome;
    await assertRejects(() => bench.session.request(ping, {}), ProtocolError);
    assertEquals(bench.ends.length, 1);
    assert(bench.ends[0] instanceof ProtocolError);
  });
}

Deno.test("client session: a second reply to one request ends it", async () => {
  const bench = new Bench();
  const asked = bench.session.request(ping, {});
  await bench.heard.has(1);
  await bench.say(encodeReply(1, "ping", { time: 1 }));
  assertEquals(await asked, { time: 1 });
  await bench.say(encodeReply(1, "ping", { time: 1 }));
  assert(bench.ends[0] instanceof ProtocolError);
});

Deno.test("client session: a connection that ends without goodbye rejects whatever is open", async () => {
  const bench = new Bench();
  const asked = [1, 2].map(() => bench.session.request(ping, {}));
  const outcomes = asked.map((each) => assertRejects(() => each, ConnectionLostError));
  await bench.heard.has(2);
  bench.session.end(new Error("reset"));
  for (const outcome of outcomes) {
    const error = await outcome;
    assertEquals(error.code, "connection_lost");
    assertEquals(error.stage, "session");
    assert(error.hint?.includes("nothing will be done twice"));
  }
  await assertRejects(() => bench.session.request(ping, {}), ConnectionLostError);
  assertEquals(bench.ends.length, 1);
});

Deno.test("client session: what came before the end of the connection still counts", async () => {
  const bench = new Bench();
  const asked = bench.session.request(ping, {});
  await bench.heard.has(1);
  const sealed = await bench.sealer.message(encodeReply(1, "ping", { time: 1 }));
  void bench.session.push(sealed);
  bench.session.end();
  assertEquals(await asked, { time: 1 });
});

Deno.test("client session: a record that was changed ends it as lost", async () => {
  const bench = new Bench();
  const outcome = assertRejects(() => bench.session.request(ping, {}), ConnectionLostError);
  await bench.heard.has(1);
  const sealed = await bench.sealer.message(encodeReply(1, "ping", { time: 1 }));
  await bench.session.push(sealed.with(30, sealed[30]! ^ 1));
  await outcome;
});

Deno.test("client session: a server that gives up is heard", async () => {
  const bench = new Bench();
  const outcome = assertRejects(() => bench.session.request(ping, {}), ServerError);
  await bench.heard.has(1);
  await bench.session.push(await bench.sealer.error("shutting_down"));
  assertEquals((await outcome).code, "shutting_down");
  assertEquals(bench.ends.map((error) => error?.code), ["shutting_down"]);
});

Deno.test("client session: a reason we do not know ends it all the same", async () => {
  const bench = new Bench();
  await bench.session.push(await bench.sealer.error("on_fire"));
  assert(bench.ends[0] instanceof ProtocolError);
});

Deno.test("client session: goodbye waits for replies and for the server's goodbye", async () => {
  const bench = new Bench();
  const asked = bench.session.request(ping, {});
  let done = false;
  const closed = bench.session.close().then(() => done = true);
  await assertRejects(() => bench.session.request(ping, {}), ConnectionLostError);
  assertEquals((await bench.heard.has(2)).map(({ type }) => type), ["message", "close"]);
  await bench.say(encodeReply(1, "ping", { time: 1 }));
  assertEquals(await asked, { time: 1 });
  assertEquals(done, false);
  await bench.session.push(await bench.sealer.close());
  await closed;
  assertEquals(bench.ends, [null]);
});

Deno.test("client session: a server that goes after our goodbye is no loss", async () => {
  const bench = new Bench();
  const closed = bench.session.close();
  await bench.heard.has(1);
  bench.session.end();
  await closed;
  assertEquals(bench.ends, [null]);
  await bench.session.close();
});

Deno.test("client session: a goodbye we did not ask for is a loss", async () => {
  const bench = new Bench();
  await bench.session.push(await bench.sealer.close());
  assert(bench.ends[0] instanceof ConnectionLostError);
});

Deno.test("client session: a connection that cannot be written to is lost", async () => {
  const bench = new Bench();
  bench.writeFails = true;
  await assertRejects(() => bench.session.request(ping, {}), ConnectionLostError);
});
