import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Bytes, concat, equalBytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { TruncationError } from "../../crypto/errors.ts";
import {
  RECORD_KEY_LIFETIME_MS,
  type RecordEvent,
  sealedMessageLength,
} from "../../crypto/record.ts";
import { RecordOpener } from "../../crypto/record_opener.ts";
import { RecordSealer } from "../../crypto/record_sealer.ts";

const CLOCK = { now: () => 0 };
const MAX_MESSAGE_BYTES = 2_000_000;

function pair(
  { recordsPerKey = 2 ** 20, clock = CLOCK, maxMessageBytes = MAX_MESSAGE_BYTES } = {},
) {
  const secret = randomBytes(64);
  return {
    sealer: new RecordSealer(secret, { clock, recordsPerKey }),
    opener: new RecordOpener(secret, { maxMessageBytes, recordsPerKey }),
  };
}

/** The messages among the events, as text. */
function texts(events: RecordEvent[]): string[] {
  return events.map((event) =>
    event.type === "message" ? new TextDecoder().decode(event.bytes) : event.type
  );
}

async function sealed(sealer: RecordSealer, ...messages: string[]): Promise<Bytes[]> {
  return await Promise.all(messages.map((text) => sealer.message(utf8(text))));
}

const SIZES: [content: number, wire: number][] = [
  [0, 256],
  [1, 256],
  [256, 256],
  [257, 1024],
  [1024, 1024],
  [1025, 4096],
  [4096, 4096],
  [4097, 16_384],
  [16_384, 16_384],
];

for (const [content, padded] of SIZES) {
  Deno.test(`records: ${content} bytes take ${padded} on the wire, plus 19`, async () => {
    const { sealer, opener } = pair();
    const message = randomBytes(content);
    const wire = await sealer.message(message);
    assertEquals(wire.length, 2 + padded + 1 + 16);
    assertEquals(wire.length, sealedMessageLength(content));
    assertEquals(await opener.push(wire), [{ type: "message", bytes: message }]);
  });
}

Deno.test("records: a long message is cut, and one that fills its last record needs no more", async () => {
  for (const [length, last] of [[16_385, 256], [32_768, 16_384], [32_769, 256], [100_000, 4096]]) {
    const { sealer, opener } = pair();
    const message = randomBytes(length!);
    const wire = await sealer.message(message);
    const full = Math.ceil(length! / 16_384) - 1;
    assertEquals(wire.length, full * (16_384 + 19) + last! + 19);
    assertEquals(wire.length, sealedMessageLength(length!));
    const [event] = await opener.push(wire);
    assert(event?.type === "message" && equalBytes(event.bytes, message));
  }
});

Deno.test("records: every byte of content comes back, trailing zeros too", async () => {
  const { sealer, opener } = pair();
  for (const message of [new Uint8Array(300), Uint8Array.of(1, 2, 0, 0), new Uint8Array(16_384)]) {
    assertEquals(await opener.push(await sealer.message(message)), [
      { type: "message", bytes: message },
    ]);
  }
});

Deno.test("records: bytes may come in pieces of any size", async () => {
  for (const step of [1, 2, 100, 275, 276, 10_000]) {
    const { sealer, opener } = pair();
    const wire = concat(...await sealed(sealer, "one", "two", "x".repeat(17_000)));
    const events: RecordEvent[] = [];
    for (let at = 0; at < wire.length; at += step) {
      events.push(...await opener.push(wire.subarray(at, at + step)));
    }
    assertEquals(texts(events), ["one", "two", "x".repeat(17_000)]);
  }
});

Deno.test("records: overlapping calls keep their order on both sides", async () => {
  const { sealer, opener } = pair();
  const order: number[] = [];
  const lengths = [1_000_000, 5, 100_000, 0];
  const sealing = lengths.map(async (length, i) => {
    const wire = await sealer.message(new Uint8Array(length));
    order.push(i);
    return wire;
  });
  const wires = await Promise.all(sealing);
  assertEquals(order, [0, 1, 2, 3]);
  const events = (await Promise.all(wires.map((wire) => opener.push(wire)))).flat();
  const received = events.map((event) => event.type === "message" && event.bytes.length);
  assertEquals(received, lengths);
});

Deno.test("records: the caller may use its buffers again at once", async () => {
  const { sealer, opener } = pair();
  const message = utf8("before");
  const sealing = sealer.message(message);
  message.fill(0);
  const wire = await sealing;
  const opening = opener.push(wire);
  wire.fill(0);
  assertEquals(texts(await opening), ["before"]);
});

const ATTACKS: Record<string, (wires: Bytes[]) => Bytes> = {
  "replayed": ([a]) => concat(a!, a!),
  "reordered": ([a, b, c]) => concat(a!, c!, b!),
  "dropped": ([a, , c]) => concat(a!, c!),
  "changed in its length": ([a]) => flip(a!, 0),
  "changed to another allowed length": ([a, b]) => {
    const changed = concat(a!, b!, new Uint8Array(2000));
    new DataView(changed.buffer).setUint16(0, 1024 + 17);
    return changed;
  },
  "changed in its content": ([a]) => flip(a!, 2),
  "changed in its tag": ([a]) => flip(a!, a!.length - 1),
};

function flip(wire: Bytes, index: number): Bytes {
  const changed = wire.slice();
  changed[index]! ^= 1;
  return changed;
}

for (const [name, attack] of Object.entries(ATTACKS)) {
  Deno.test(`records: one that was ${name} ends the connection for good`, async () => {
    const { sealer, opener } = pair();
    const wires = await sealed(sealer, "a", "b", "c");
    await assertRejects(() => opener.push(attack(wires)), TruncationError);
    await assertRejects(() => opener.push(wires[0]!), TruncationError);
    assertThrows(() => opener.end(), TruncationError);
  });
}

Deno.test("records: one sent back to its sender is refused", async () => {
  const [up, down] = [randomBytes(64), randomBytes(64)];
  const sealer = new RecordSealer(up, { clock: CLOCK });
  const sendersOpener = new RecordOpener(down, { maxMessageBytes: 1000 });
  const wire = await sealer.message(utf8("hello"));
  await assertRejects(() => sendersOpener.push(wire), TruncationError);
});

Deno.test("records: an end is clean after a close or an error only", async () => {
  const cut = pair();
  await cut.opener.push(concat(...await sealed(cut.sealer, "a")));
  assertThrows(() => cut.opener.end(), TruncationError);

  const closed = pair();
  assertEquals(await closed.opener.push(await closed.sealer.close()), [{ type: "close" }]);
  closed.opener.end();

  const failed = pair();
  const events = await failed.opener.push(await failed.sealer.error("busy"));
  assertEquals(events, [{ type: "error", code: "busy" }]);
  failed.opener.end();
});

Deno.test("records: nothing may follow a close, on either side", async () => {
  const { sealer, opener } = pair();
  const wire = await sealer.close();
  assertThrows(() => sealer.message(utf8("late")), TruncationError);
  assertThrows(() => sealer.close(), TruncationError);
  await assertRejects(() => opener.push(concat(wire, new Uint8Array(1))), TruncationError);
});

Deno.test("records: a message over the limit is refused, one at the limit is not", async () => {
  for (const [length, fits] of [[19_999, true], [20_000, true], [20_001, false]] as const) {
    const { sealer, opener } = pair({ maxMessageBytes: 20_000 });
    const opening = opener.push(await sealer.message(new Uint8Array(length)));
    if (fits) assertEquals((await opening).length, 1);
    else await assertRejects(() => opening, TruncationError);
  }
});

Deno.test("records: keys change after so many records, in the middle of messages too", async () => {
  const { sealer, opener } = pair({ recordsPerKey: 3 });
  const long = "y".repeat(100_000);
  const wires = await sealed(sealer, "a", "b", "c", long, "d", "e");
  const plain = pair();
  const without = await sealed(plain.sealer, "a", "b", "c", long, "d", "e");
  const updates = (concat(...wires).length - concat(...without).length) / 275;
  // 12 records of content, two under each key: an update before the third, fifth, … of them.
  assertEquals(updates, 5);
  assertEquals(texts(await opener.push(concat(...wires))), ["a", "b", "c", long, "d", "e"]);
});

Deno.test("records: a key that has served an hour is changed", async () => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const { sealer, opener } = pair({ clock });
  clock.nowMs = RECORD_KEY_LIFETIME_MS - 1;
  const before = await sealer.message(utf8("before"));
  clock.nowMs = RECORD_KEY_LIFETIME_MS;
  const after = await sealer.message(utf8("after"));
  const later = await sealer.message(utf8("later"));
  assertEquals([before.length, after.length, later.length], [275, 550, 275]);
  assertEquals(texts(await opener.push(concat(before, after, later))), [
    "before",
    "after",
    "later",
  ]);
});

Deno.test("records: a peer that never changes its key is cut off", async () => {
  const secret = randomBytes(64);
  const sealer = new RecordSealer(secret, { clock: CLOCK, recordsPerKey: 100 });
  const opener = new RecordOpener(secret, { maxMessageBytes: 1000, recordsPerKey: 3 });
  const wires = await sealed(sealer, "a", "b", "c", "d");
  assertEquals(texts(await opener.push(concat(...wires.slice(0, 3)))), ["a", "b", "c"]);
  await assertRejects(() => opener.push(wires[3]!), TruncationError);
});

Deno.test("records: a length no record has is refused before more bytes come", async () => {
  for (const length of [0, 16, 272, 274, 16_400, 16_402, 65_535]) {
    const { opener } = pair();
    const header = Uint8Array.of(length >>> 8, length);
    await assertRejects(() => opener.push(header), TruncationError);
  }
});

Deno.test("records: all failures say the same", async () => {
  const messages = new Set<string>();
  for (const attack of Object.values(ATTACKS)) {
    const { sealer, opener } = pair();
    const wires = await sealed(sealer, "a", "b", "c");
    const error = await assertRejects(() => opener.push(attack(wires)), TruncationError);
    messages.add(`${error.code} ${error.message} ${error.cause}`);
  }
  assertEquals(messages.size, 1);
});
