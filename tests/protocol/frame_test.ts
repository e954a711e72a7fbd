import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  M1_BYTES,
  M2_BYTES,
  M3_BYTES,
  M6_OVERHEAD_BYTES,
  M7_BYTES,
  M8_BYTES,
} from "../../crypto/handshake_layout.ts";
import { SERVER_RECORD_BYTES } from "../../crypto/server_record.ts";
import {
  encodeFrame,
  FRAME_LENGTHS,
  FrameError,
  FrameReader,
  FrameType,
  readRefusal,
  refusedFrame,
} from "../../protocol/frame.ts";
import { MAX_BUNDLE_BYTES } from "../../protocol/limits.ts";

const TYPES = Object.values(FrameType);

function head(type: number, length: number): Uint8Array {
  return Uint8Array.of(type, length >> 16, length >> 8, length);
}

for (const [name, type] of Object.entries(FrameType)) {
  const [min, max] = FRAME_LENGTHS[type];

  Deno.test(`frame: ${name} has ${min} to ${max} bytes, no less and no more`, () => {
    for (const length of new Set([min, max])) {
      const body = new Uint8Array(length).fill(9);
      const reader = new FrameReader();
      reader.push(encodeFrame(type, body));
      assertEquals(reader.next([type]), { type, body });
      assertEquals(reader.next([type]), null);
      assertEquals(reader.waiting, 0);
    }
    for (const length of [min - 1, max + 1]) {
      if (length < 0) continue;
      assertThrows(() => encodeFrame(type, new Uint8Array(length)), FrameError);
      const reader = new FrameReader();
      reader.push(head(type, length));
      assertThrows(() => reader.next([type]), FrameError);
    }
  });

  Deno.test(`frame: ${name} is refused at its first byte where it is not expected`, () => {
    const reader = new FrameReader();
    reader.push(Uint8Array.of(type));
    assertThrows(() => reader.next(TYPES.filter((other) => other !== type)), FrameError);
  });
}

Deno.test("frame: lengths are those that the handshake makes", () => {
  assertEquals(FRAME_LENGTHS[FrameType.IDREC], [SERVER_RECORD_BYTES, SERVER_RECORD_BYTES]);
  assertEquals(FRAME_LENGTHS[FrameType.M1], [M1_BYTES, M1_BYTES]);
  assertEquals(FRAME_LENGTHS[FrameType.M2], [M2_BYTES, M2_BYTES]);
  assertEquals(FRAME_LENGTHS[FrameType.M3], [M3_BYTES, M3_BYTES]);
  assertEquals(FRAME_LENGTHS[FrameType.M6][1], MAX_BUNDLE_BYTES + M6_OVERHEAD_BYTES);
  assertEquals(FRAME_LENGTHS[FrameType.M7], [M7_BYTES, M7_BYTES]);
  assertEquals(FRAME_LENGTHS[FrameType.M8], [M8_BYTES, M8_BYTES]);
});

Deno.test("frame: a stream of frames is the same however it is cut", () => {
  const frames = fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(frames, fc.infiniteStream(fc.nat({ max: 1000 })), (lengths, cuts) => {
    const bodies = lengths.map((length, i) => new Uint8Array(length + 17).fill(i));
    const stream = bodies.flatMap((body) => [...encodeFrame(FrameType.M5R, body)]);
    const reader = new FrameReader();
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length;) {
      const cut = cuts.next().value!;
      reader.push(Uint8Array.from(stream.slice(at, at + cut)));
      at += cut;
      for (let frame = reader.next(TYPES); frame !== null; frame = reader.next(TYPES)) {
        found.push(frame.body);
      }
    }
    assertEquals(found, bodies);
  }));
});

Deno.test("frame: random bytes give frames or FrameError, nothing else", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const reader = new FrameReader();
    reader.push(bytes);
    try {
      const frame = reader.next(TYPES);
      if (frame !== null) {
        assertEquals(
          [...encodeFrame(frame.type, frame.body)],
          [...bytes].slice(0, 4 + frame.body.length),
        );
      }
    } catch (error) {
      assert(error instanceof FrameError, `threw ${error}`);
    }
  }));
});

Deno.test("frame: what comes behind the last frame is kept for the records", () => {
  const reader = new FrameReader();
  reader.push(encodeFrame(FrameType.M8, new Uint8Array(M8_BYTES)));
  reader.push(Uint8Array.of(1, 2));
  reader.push(Uint8Array.of(3));
  assert(reader.next([FrameType.M8]) !== null);
  assertEquals(reader.takeRest(), Uint8Array.of(1, 2, 3));
  assertEquals(reader.waiting, 0);
});

Deno.test("frame: a refusal says which", () => {
  assertEquals(readRefusal(refusedFrame("server_full").slice(4)), "server_full");
  assertEquals(readRefusal(refusedFrame("busy").slice(4)), "busy");
  assertEquals(readRefusal(Uint8Array.of(99)), "busy");
});
