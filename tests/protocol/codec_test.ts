import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { Bytes } from "../../crypto/bytes.ts";
import { fromHex } from "../../crypto/bytes.ts";
import { decode, encode, validate } from "../../protocol/codec.ts";
import { CodecError } from "../../protocol/codec_error.ts";
import type { RequestType } from "../../protocol/registry.ts";
import { MESSAGES } from "../../protocol/registry.ts";
import type { Schema } from "../../protocol/schema.ts";
import {
  boolean,
  bytes,
  list,
  nullable,
  oneOf,
  struct,
  text,
  uint,
} from "../../protocol/schema.ts";
import { REPLIES, REQUESTS } from "./message_values.ts";

const TYPES = Object.keys(MESSAGES) as RequestType[];

/** Decoding either gives a value that encodes to the same bytes, or throws CodecError. */
function assertCanonicalOrRefused(schema: Schema<unknown>, input: Bytes): void {
  let value: unknown;
  try {
    value = decode(schema, input);
  } catch (error) {
    assert(error instanceof CodecError, `threw ${error}`);
    return;
  }
  assertEquals(encode(schema, value), input);
}

function corrupt(input: Bytes, changes: [at: number, to: number][]): Bytes {
  const copy = input.slice();
  for (const [at, to] of changes) copy[at % copy.length] = to;
  return copy;
}

for (const type of TYPES) {
  const bodies: [string, Schema<unknown>, fc.Arbitrary<unknown>][] = [
    ["request", MESSAGES[type].request, REQUESTS[type]],
    ["reply", MESSAGES[type].reply, REPLIES[type]],
  ];
  for (const [kind, schema, values] of bodies) {
    Deno.test(`codec: a ${type} ${kind} survives the wire, byte for byte`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const wire = encode(schema, value);
          assertEquals(decode(schema, wire), value);
          assertEquals(encode(schema, decode(schema, wire)), wire);
          assertEquals(validate(schema, structuredClone(value)), value);
          assertEquals(wire.byteLength, wire.buffer.byteLength, "not a view of a pool");
        }),
        { numRuns: 40 },
      );
    });

    Deno.test(`codec: a changed, cut or lengthened ${type} ${kind} is canonical or refused`, () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
        minLength: 1,
        maxLength: 3,
      });
      fc.assert(
        fc.property(values, changes, fc.nat(), (value, places, cut) => {
          const wire = encode(schema, value);
          if (wire.length > 4000) return;
          assertCanonicalOrRefused(schema, corrupt(wire, places));
          assertThrows(() => decode(schema, wire.slice(0, cut % wire.length)), CodecError);
          assertThrows(() => decode(schema, new Uint8Array([...wire, 0])), CodecError);
        }),
        { numRuns: 100 },
      );
    });
  }
}

Deno.test("codec: random bytes throw nothing but CodecError", () => {
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes));
  const schemas = TYPES.flatMap((type) => [MESSAGES[type].request, MESSAGES[type].reply]);
  fc.assert(
    fc.property(fc.constantFrom<Schema<unknown>>(...schemas), random, assertCanonicalOrRefused),
    { numRuns: 5000 },
  );
});

Deno.test("codec: random values throw nothing but CodecError", () => {
  const schemas = TYPES.map((type) => MESSAGES[type].request);
  fc.assert(
    fc.property(fc.constantFrom<Schema<unknown>>(...schemas), fc.anything(), (schema, value) => {
      try {
        validate(schema, value);
      } catch (error) {
        assert(error instanceof CodecError, `threw ${error}`);
      }
    }),
    { numRuns: 3000 },
  );
});

// Hexadecimal on the left, what is wrong with it on the right.
const NOT_CANONICAL: [string, string][] = [
  ["811800", "an integer in two bytes that fits one"],
  ["81190017", "an integer in three bytes that fits one"],
  ["811b0020000000000000", "an integer over 2^53 - 1"],
  ["8120", "a negative integer"],
  ["81f90000", "a float"],
  ["81fb3ff0000000000000", "a whole number as a float"],
  ["81c100", "a tag"],
  ["81f7", "undefined"],
  ["81f6", "null where none may be"],
  ["81f4", "a boolean where an integer must be"],
  ["9f00ff", "an array of indefinite length"],
  ["980100", "an array length in two bytes"],
  ["9b0000000100000000", "an array of 2^32 items"],
  ["a16174", "a map"],
  ["80", "too few fields"],
  ["820000", "too many fields"],
  ["00", "no struct"],
  ["81", "cut after the head"],
  ["", "nothing at all"],
  ["810000", "bytes behind the end"],
  ["81ff", "a break"],
  ["811c", "a reserved length"],
];

for (const [hex, what] of NOT_CANONICAL) {
  Deno.test(`codec: ${what} is refused (${hex})`, () => {
    assertThrows(() => decode(struct({ time: uint() }), fromHex(hex)), CodecError);
  });
}

Deno.test("codec: text that is not UTF-8 is refused, a byte order mark is kept", () => {
  const schema = text({ max: 100 });
  for (const hex of ["61ff", "62c080", "63eda080", "64f4908080", "62c3"]) {
    assertThrows(() => decode(schema, fromHex(hex)), CodecError);
  }
  for (const value of ["\ufeff", "\ufeffa".repeat(16), "é".repeat(40), "\0", "😀"]) {
    assertEquals(decode(schema, encode(schema, value)), value);
  }
});

Deno.test("codec: an array nested a million times deep is refused without harm", () => {
  const deep = new Uint8Array(1_000_000).fill(0x81);
  for (const type of TYPES) {
    assertThrows(() => decode<unknown>(MESSAGES[type].request, deep), CodecError);
  }
});

const anyBytes = bytes({ max: 8 });
const pair = struct({ a: uint(), b: uint() });
const REFUSED_VALUES: [string, Schema<unknown>, unknown][] = [
  ["a key too many", pair, { a: 1, b: 2, c: 3 }],
  ["a key missing", pair, { a: 1 }],
  ["a key missing and another instead", pair, { a: 1, c: 2 }],
  ["a key that is only inherited", struct({ toString: uint() }), {}],
  ["an own __proto__", pair, JSON.parse('{"a":1,"__proto__":2}')],
  ["an array for a struct", pair, [1, 2]],
  ["a Map for a struct", pair, new Map([["a", 1], ["b", 2]])],
  ["null for a struct", pair, null],
  [
    "a class's object",
    pair,
    new class {
      a = 1;
      b = 2;
    }(),
  ],
  ["a fraction", uint(), 1.5],
  ["a negative number", uint(), -1],
  ["minus zero", uint(), -0],
  ["NaN", uint(), NaN],
  ["infinity", uint(), Infinity],
  ["2^53", uint(), 2 ** 53],
  ["a bigint", uint(), 1n],
  ["a number as text", uint(), "1"],
  ["a boxed number", uint(), Object(1)],
  ["a number for a boolean", boolean, 1],
  ["a list for bytes", anyBytes, [1, 2]],
  ["an ArrayBuffer for bytes", anyBytes, new ArrayBuffer(4)],
  ["other integers for bytes", anyBytes, new Uint16Array(2)],
  ["bytes over shared memory", anyBytes, new Uint8Array(new SharedArrayBuffer(4))],
  [
    "bytes over a resizable buffer",
    anyBytes,
    new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 })),
  ],
  ["a lone surrogate", text({ max: 8 }), "a\ud800"],
  ["a lone low surrogate", text({ max: 8 }), "\udc00a"],
  ["a boxed text", text({ max: 8 }), Object("a")],
  ["a word that is none of them", oneOf("a", "b"), "c"],
  ["a word that every object has", oneOf("a", "b"), "constructor"],
  ["a list-like object", list(uint(), { max: 3 }), { length: 1, 0: 1 }],
  ["a list with a hole", list(uint(), { max: 3 }), [1, , 3]],
  ["undefined for null", nullable(uint()), undefined],
];

for (const [what, schema, value] of REFUSED_VALUES) {
  Deno.test(`codec: as a value, ${what} is refused`, () => {
    assertThrows(() => validate(schema, value), CodecError);
    assertThrows(() => encode(schema, value), CodecError);
  });
}

Deno.test("codec: what is encoded and decoded stands in plain buffers of its own", () => {
  const { request } = MESSAGES.send_chunk;
  for (const length of [1, 100, 5000, 256 * 1024]) {
    const data = new Uint8Array(length).fill(1);
    const wire = encode(request, { messageId: new Uint8Array(16), offset: 0, data });
    const decoded = decode(request, Buffer.from(wire));
    for (const bytes of [wire, decoded.data, decoded.messageId]) {
      assertEquals(Object.getPrototypeOf(bytes), Uint8Array.prototype);
      assertEquals(bytes.byteLength, bytes.buffer.byteLength);
    }
    wire.fill(0);
    assertEquals(decoded.data, data);
  }
});

Deno.test("codec: a validated value shares no object with its source", () => {
  const source = { users: ["alice"] };
  const value = validate(MESSAGES.lookup.request, source);
  source.users.push("\u0000");
  assertEquals(value, { users: ["alice"] });
});

Deno.test("codec: an error names the field", () => {
  const error = assertThrows(
    () => validate(MESSAGES.lookup.request, { users: ["alice", "Bob"] }),
    CodecError,
  );
  assertEquals(error.code, "codec");
  assert(error.message.startsWith("users: [1]: "), error.message);
});
