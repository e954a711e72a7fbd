import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ByteReader,
  type Bytes,
  ByteWriter,
  concat,
  equalBytes,
  fromBase64Url,
  fromCrockford,
  fromHex,
  fromUtf8,
  randomBytes,
  toBase64Url,
  toCrockford,
  toHex,
  utf8,
  wipe,
} from "../../crypto/bytes.ts";
import { ByteQueue } from "../../crypto/byte_queue.ts";
import { FormatError, MailsecError } from "../../crypto/errors.ts";

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes));

const CODECS: Record<string, { encode(b: Bytes): string; decode(t: string): Bytes }> = {
  hex: { encode: toHex, decode: fromHex },
  base64url: { encode: toBase64Url, decode: fromBase64Url },
  crockford: { encode: toCrockford, decode: fromCrockford },
};

for (const [name, codec] of Object.entries(CODECS)) {
  Deno.test(`bytes: ${name} gives back what it was made of`, () => {
    fc.assert(fc.property(anyBytes, (bytes) => {
      assertEquals(codec.decode(codec.encode(bytes)), bytes);
    }));
  });

  Deno.test(`bytes: ${name} of any text is bytes or a FormatError`, () => {
    fc.assert(fc.property(fc.string(), (text) => {
      try {
        codec.decode(text);
      } catch (error) {
        assert(error instanceof FormatError);
      }
    }));
  });
}

Deno.test("bytes: base64url refuses padding, blanks, the other alphabet and loose bits", () => {
  for (const text of ["AA==", "A A", " AA", "+/8", "AB", "A"]) {
    assertThrows(() => fromBase64Url(text), FormatError);
  }
});

Deno.test("bytes: crockford forgives case, look-alikes, hyphens and blanks, nothing else", () => {
  const bytes = fromHex("0044a8c1f05d");
  const text = toCrockford(bytes);
  const loose = text.toLowerCase().replaceAll("0", "o").replaceAll("1", "l");
  assertEquals(fromCrockford(`${loose.slice(0, 4)}-${loose.slice(4)} `), bytes);
  for (const bad of ["u", "00!0", "0", "000", "01"]) {
    assertThrows(() => fromCrockford(bad), FormatError);
  }
});

Deno.test("bytes: text that is not UTF-8 is refused, a byte order mark is kept", () => {
  assertThrows(() => fromUtf8(Uint8Array.of(0xff)), FormatError);
  assertThrows(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), FormatError);
  assertEquals(fromUtf8(utf8("\ufeffa")), "\ufeffa");
});

Deno.test("bytes: equality looks at every byte and at the length", () => {
  assert(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assertFalse(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assertFalse(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(0, 2)));
  assertFalse(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1)));
});

Deno.test("bytes: wiping leaves zeros, random bytes come in any length", () => {
  const secret = randomBytes(70_000);
  assertEquals(secret.length, 70_000);
  assert(secret.subarray(66_000).some((byte) => byte !== 0));
  wipe(secret);
  assert(secret.every((byte) => byte === 0));
});

Deno.test("writer and reader: every field comes back, and nothing is left", () => {
  fc.assert(fc.property(
    fc.nat(0xff),
    fc.nat(0xffff),
    fc.nat(0xffffff),
    fc.nat(0xffffffff),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    anyBytes,
    (u8, u16, u24, u32, u64, bytes) => {
      const short = bytes.slice(0, 255);
      const written = new ByteWriter(1)
        .u8(u8).u16(u16).u24(u24).u32(u32).u64(u64).bytes(bytes).lp8(short).zeros(3).finish();
      const reader = new ByteReader(concat(Uint8Array.of(9), written).subarray(1), "test");
      assertEquals(
        [reader.u8(), reader.u16(), reader.u24(), reader.u32(), reader.u64()],
        [u8, u16, u24, u32, u64],
      );
      assertEquals(reader.bytes(bytes.length), bytes);
      assertEquals(reader.lp8(), short);
      reader.zeros(3);
      reader.end();
    },
  ));
});

Deno.test("writer: a number that does not fit its field is refused", () => {
  const cases: ((writer: ByteWriter) => unknown)[] = [
    (writer) => writer.u8(256),
    (writer) => writer.u8(-1),
    (writer) => writer.u16(65_536),
    (writer) => writer.u24(2 ** 24),
    (writer) => writer.u32(2 ** 32),
    (writer) => writer.u32(0.5),
    (writer) => writer.u64(2 ** 53),
    (writer) => writer.u64(2n ** 64n),
    (writer) => writer.u64(-1),
    (writer) => writer.u64(NaN),
    (writer) => writer.lp8(new Uint8Array(256)),
  ];
  for (const write of cases) assertThrows(() => write(new ByteWriter()), FormatError);
});

Deno.test("reader: too few bytes, too many bytes and padding that is not zero are refused", () => {
  const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes), "test");
  const cases = [
    () => reader().u8(),
    () => reader(1).u16(),
    () => reader(1, 2).u24(),
    () => reader(1, 2, 3).u32(),
    () => reader(1, 2, 3, 4, 5, 6, 7).u64(),
    () => reader(2, 0).lp8(),
    () => reader(1).bytes(2),
    () => reader(1).end(),
    () => reader(0, 1).zeros(2),
    () => reader(0x00, 0x20, 0, 0, 0, 0, 0, 0).safeU64(),
  ];
  for (const read of cases) assertThrows(read, FormatError);
});

Deno.test("byte queue: bytes leave in order, however they came", () => {
  fc.assert(fc.property(fc.array(fc.nat(9000), { maxLength: 30 }), fc.nat(5000), (sizes, step) => {
    const queue = new ByteQueue();
    const all = randomBytes(sizes.reduce((sum, size) => sum + size, 0));
    const taken: Bytes[] = [];
    let at = 0;
    for (const size of sizes) {
      queue.push(all.subarray(at, at + size));
      at += size;
      if (queue.length >= step) taken.push(queue.take(step));
    }
    taken.push(queue.take(queue.length));
    assert(equalBytes(concat(...taken), all));
  }));
});

Deno.test("errors: all are MailsecErrors with a stable code", () => {
  const error = new FormatError("bad", { hint: "try", cause: 1 });
  assert(error instanceof MailsecError);
  assertEquals([error.code, error.hint, error.cause], ["format", "try", 1]);
  assertFalse("cause" in new FormatError("bad"));
});
