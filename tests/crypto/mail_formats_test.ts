import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, concat, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import {
  decodeFields,
  EMPTY_LOG,
  encodeFields,
  type MailFields,
} from "../../crypto/envelope_fields.ts";
import { decodeHeader, encodeHeader, type MailHeader } from "../../crypto/envelope_header.ts";
import { decodeEntry, encodeEntry, type SealedEntry } from "../../crypto/entry_fields.ts";
import { FormatError } from "../../crypto/errors.ts";

const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((b): Bytes => new Uint8Array(b));
const anyBytes = fc.uint8Array({ maxLength: 400 }).map((b): Bytes => new Uint8Array(b));
/** Texts of at most `max` bytes of UTF-8. */
const text = (max: number) =>
  fc.string({ unit: "grapheme", maxLength: max }).filter((each) => utf8(each).length <= max);
const userName = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/);
const uint = fc.maxSafeNat();

const header: fc.Arbitrary<MailHeader> = fc.record({
  messageId: bytesOf(16),
  from: userName,
  fromFingerprint: bytesOf(32),
  stanzas: fc.uniqueArray(
    fc.record({
      user: userName,
      keyId: bytesOf(8),
      ciphertext: fc.nat(255).map((byte): Bytes => new Uint8Array(1472).fill(byte)),
      wrap: bytesOf(48),
    }),
    { minLength: 1, maxLength: 4, selector: ({ user }) => user },
  ),
});

const mailText = {
  date: uint,
  subject: text(60),
  preview: text(60),
  inReplyTo: fc.option(bytesOf(16)),
  references: fc.array(bytesOf(16), { maxLength: 3 }),
  attachments: fc.array(fc.record({ name: text(20), type: text(20), size: uint }), {
    maxLength: 3,
  }),
  size: uint,
};

const recipients = fc.uniqueArray(fc.record({ user: userName, fingerprint: bytesOf(32) }), {
  maxLength: 4,
  selector: ({ user }) => user,
});

const fields: fc.Arbitrary<MailFields> = fc.record({
  ...mailText,
  realm: bytesOf(32),
  messageId: bytesOf(16),
  from: userName,
  fromFingerprint: bytesOf(32),
  recipients,
  contentLength: uint,
  contentSha512: bytesOf(64),
}).map(({ recipients, ...rest }) => ({
  ...rest,
  to: recipients.slice(1),
  cc: recipients.slice(0, 1),
  log: EMPTY_LOG,
  counter: new Map(recipients.map(({ user }, at) => [user, new Uint8Array(8).fill(at)])),
}));

const folders = { folder: text(20), also: fc.array(text(20), { maxLength: 2 }) };
const marks = {
  ...folders,
  flags: fc.array(text(16), { maxLength: 3 }),
  trashed: fc.option(fc.record({ ...folders, at: uint })),
};
const written = fc.array(text(30), { maxLength: 2 });
const origin = fc.record({
  ...{ from: text(30), to: written, cc: written, bcc: written },
  messageId: fc.option(text(30)),
});
const entry: fc.Arbitrary<SealedEntry> = fc.oneof(
  fc.record({
    ...mailText,
    ...marks,
    rejected: fc.constant(null),
    kind: fc.constantFrom("mail" as const, "draft" as const, "import" as const),
    origin: fc.option(origin),
    contentKey: bytesOf(32),
    headerSha512: bytesOf(64),
    from: userName,
    fromFingerprint: bytesOf(32),
    to: fc.array(userName, { maxLength: 3 }),
    cc: fc.array(userName, { maxLength: 3 }),
    contentLength: uint,
    contentSha512: bytesOf(64),
    warnings: fc.subarray(["date_differs", "counter_gap"]),
  }),
  fc.record({ ...marks, rejected: fc.constant("bad_signature"), from: userName, arrived: uint }),
);

interface Codec<T> {
  values: fc.Arbitrary<T>;
  encode(value: T): Bytes;
  decode(bytes: Bytes): T;
}

/** What must hold for every codec of this layer. */
function testCodec<T>(name: string, { values, encode, decode }: Codec<T>): void {
  Deno.test(`mail formats: ${name}: what is encoded is read back, and encodes the same`, () => {
    fc.assert(fc.property(values, (value) => {
      const bytes = encode(value);
      assertEquals(decode(bytes), value);
      assertEquals(encode(decode(bytes)), bytes);
    }));
  });

  Deno.test(`mail formats: ${name}: any bytes are read or are a FormatError`, () => {
    fc.assert(fc.property(anyBytes, (bytes) => readsOrRefuses(bytes)));
  });

  Deno.test(`mail formats: ${name}: a changed byte is read exactly or is a FormatError`, () => {
    fc.assert(fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
      const bytes = encode(value);
      const place = at % bytes.length;
      readsOrRefuses(bytes.with(place, bytes[place]! ^ flip) as Bytes);
    }));
  });

  Deno.test(`mail formats: ${name}: cut or with bytes at the end it is a FormatError`, () => {
    fc.assert(fc.property(values, fc.nat(), (value, at) => {
      const bytes = encode(value);
      assertThrows(() => decode(bytes.slice(0, at % bytes.length)), FormatError);
      assertThrows(() => decode(concat(bytes, Uint8Array.of(0))), FormatError);
    }));
  });

  function readsOrRefuses(bytes: Bytes): void {
    let value: T;
    try {
      value = decode(bytes);
    } catch (error) {
      assert(error instanceof FormatError, String(error));
      return;
    }
    assertEquals(encode(value), bytes);
  }
}

testCodec("header", { values: header, encode: encodeHeader, decode: decodeHeader });
testCodec("signed fields", { values: fields, encode: encodeFields, decode: decodeFields });
testCodec("entry", { values: entry, encode: encodeEntry, decode: decodeEntry });

const NOT_CANONICAL: Record<string, string> = {
  "integer not in its shortest form": "1801",
  "length not in its shortest form": "580100",
  "indefinite array": "9fff",
  "indefinite text": "7f6161ff",
  "map keys out of order": "a2616201616102",
  "map keys out of order by their lengths": "a262616101616202",
  "a map key twice": "a2616101616102",
  "a map key that is no text": "a10101",
  "float": "f93c00",
  "tag": "c11a514b67b0",
  "undefined": "f7",
  "negative integer": "20",
  "2^53": "1b0020000000000000",
  "text that is not UTF-8": "61ff",
  "text with an encoded surrogate": "63eda080",
  "two values": "0101",
  "nothing": "",
};

Deno.test("mail formats: CBOR in any but its one form is a FormatError", async (t) => {
  for (const [name, hex] of Object.entries(NOT_CANONICAL)) {
    await t.step(name, () => {
      assertThrows(() => decodeCbor(Uint8Array.fromHex(hex), "test"), FormatError);
    });
  }
});

Deno.test("mail formats: CBOR nested deeper than the stack is a FormatError", () => {
  const deep = new Uint8Array(200_000).fill(0x81);
  assertThrows(() => decodeCbor(deep, "test"), FormatError);
});

Deno.test("mail formats: CBOR claiming more items than there are bytes is a FormatError", () => {
  for (const hex of ["9b001fffffffffffff", "bb001fffffffffffff", "5affffffff", "7affffffff"]) {
    assertThrows(() => decodeCbor(Uint8Array.fromHex(hex), "test"), FormatError);
  }
});

Deno.test("mail formats: CBOR keeps a byte order mark, keys like __proto__ and the empty text", () => {
  const long = `\uFEFF${"x".repeat(40)}`;
  const value: CborValue = new Map<string, CborValue>([["", ""], ["\uFEFF", long], ["__proto__", [
    1,
  ]]]);
  assertEquals(decodeCbor(encodeCbor(value), "test"), value);
});

Deno.test("mail formats: a header must have 1 to 200 recipients, no one twice", () => {
  const stanza = (user: string) => ({
    user,
    keyId: randomBytes(8),
    ciphertext: new Uint8Array(1472),
    wrap: randomBytes(48),
  });
  const of = (users: string[]) =>
    encodeHeader({
      messageId: randomBytes(16),
      from: "alice",
      fromFingerprint: randomBytes(32),
      stanzas: users.map(stanza),
    });
  const users = Array.from({ length: 201 }, (_, i) => `user${i}`);
  assertEquals(decodeHeader(of(users.slice(0, 200))).stanzas.length, 200);
  for (const bad of [[], users, ["bob", "bob"], ["Bob"], [""]]) {
    assertThrows(() => of(bad), FormatError);
  }
});

Deno.test("mail formats: the header has the documented bytes", () => {
  const stanza = {
    user: "bob",
    keyId: new Uint8Array(8).fill(2),
    ciphertext: new Uint8Array(1472).fill(3),
    wrap: new Uint8Array(48).fill(4),
  };
  const bytes = encodeHeader({
    messageId: new Uint8Array(16).fill(1),
    from: "alice",
    fromFingerprint: new Uint8Array(32).fill(9),
    stanzas: [stanza],
  });
  const expected = concat(
    utf8("MSE1\x01"),
    new Uint8Array(16).fill(1),
    utf8("\x05alice"),
    new Uint8Array(32).fill(9),
    Uint8Array.of(0, 1),
    utf8("\x03bob"),
    stanza.keyId,
    stanza.ciphertext,
    stanza.wrap,
  );
  assertEquals(bytes, expected);
});

Deno.test("mail formats: signed fields with a key too many or too few are refused", () => {
  const value = fc.sample(fields, 1)[0]!;
  const map = decodeCbor(encodeFields(value), "test") as Map<string, CborValue>;
  assertThrows(() => decodeFields(encodeCbor(new Map([...map, ["x", 1]]))), FormatError);
  for (const key of map.keys()) {
    const less = new Map(map);
    less.delete(key);
    assertThrows(() => decodeFields(encodeCbor(less)), FormatError);
  }
});
