import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, concat, equalBytes, randomBytes, toHex, utf8 } from "../../crypto/bytes.ts";
import { DecryptionError } from "../../crypto/errors.ts";
import {
  openStream,
  sealStream,
  STREAM_CHUNK_BYTES,
  StreamOpener,
  streamSealedLength,
} from "../../crypto/stream.ts";

const KEY = randomBytes(32);
const CONTEXT = utf8("context");
const HEADER_BYTES = 56;
const SEALED_CHUNK_BYTES = STREAM_CHUNK_BYTES + 16;

for (const chunks of [0, 1, 2, 257]) {
  for (const offset of [-1, 0, 1]) {
    const length = chunks * STREAM_CHUNK_BYTES + offset;
    if (length < 0) continue;
    Deno.test(`stream: ${length} bytes come back, sealed to the stated length`, async () => {
      const plaintext = randomBytes(length);
      const sealed = await sealStream(KEY, CONTEXT, plaintext);
      assertEquals(sealed.length, streamSealedLength(length));
      assert(equalBytes(await openStream(KEY, CONTEXT, sealed), plaintext));
    });
  }
}

Deno.test("stream: the same plaintext is never sealed the same way", async () => {
  const plaintext = randomBytes(10);
  assertNotEquals(
    toHex(await sealStream(KEY, CONTEXT, plaintext)),
    toHex(await sealStream(KEY, CONTEXT, plaintext)),
  );
});

Deno.test("stream: another key or context opens nothing", async () => {
  const sealed = await sealStream(KEY, CONTEXT, randomBytes(10));
  await assertRejects(() => openStream(randomBytes(32), CONTEXT, sealed), DecryptionError);
  await assertRejects(() => openStream(KEY, utf8("contexT"), sealed), DecryptionError);
});

Deno.test("stream: a change anywhere is refused", async () => {
  const sealed = await sealStream(KEY, CONTEXT, randomBytes(2 * STREAM_CHUNK_BYTES + 5));
  const second = HEADER_BYTES + SEALED_CHUNK_BYTES;
  for (const index of [0, 23, 24, 55, 56, second - 1, second, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[index]! ^= 0x80;
    await assertRejects(() => openStream(KEY, CONTEXT, changed), DecryptionError);
  }
});

Deno.test("stream: cut at every kind of place, extended, chunks swapped: all refused", async () => {
  const sealed = await sealStream(KEY, CONTEXT, randomBytes(2 * STREAM_CHUNK_BYTES));
  const at = (chunk: number) => HEADER_BYTES + chunk * SEALED_CHUNK_BYTES;
  const cases: Record<string, Bytes> = {
    "nothing": new Uint8Array(0),
    "inside the header": sealed.slice(0, HEADER_BYTES - 1),
    "header alone": sealed.slice(0, HEADER_BYTES),
    "inside a chunk": sealed.slice(0, at(1) - 1),
    "after a whole chunk": sealed.slice(0, at(1)),
    "without the empty last chunk": sealed.slice(0, at(2)),
    "inside the last tag": sealed.slice(0, -1),
    "one byte more": concat(sealed, new Uint8Array(1)),
    "swapped": concat(
      sealed.slice(0, at(0)),
      sealed.slice(at(1), at(2)),
      sealed.slice(at(0), at(1)),
      sealed.slice(at(2)),
    ),
    "a chunk left out": concat(sealed.slice(0, at(0)), sealed.slice(at(1))),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await assertRejects(() => openStream(KEY, CONTEXT, bytes), DecryptionError, undefined, name);
  }
});

for (const step of [1, 55, 57, SEALED_CHUNK_BYTES - 1, SEALED_CHUNK_BYTES, 50_000]) {
  Deno.test(`stream: opens piece by piece when it comes in pieces of ${step}`, async () => {
    const plaintext = randomBytes(2 * STREAM_CHUNK_BYTES + 100);
    const sealed = await sealStream(KEY, CONTEXT, plaintext);
    const opener = new StreamOpener(KEY, CONTEXT);
    const pieces: Bytes[] = [];
    for (let at = 0; at < sealed.length; at += step) {
      pieces.push(...await opener.push(sealed.subarray(at, at + step)));
    }
    assertEquals(pieces.length, 2);
    pieces.push(await opener.finish());
    assert(equalBytes(concat(...pieces), plaintext));
  });
}

Deno.test("stream: an opener that has failed or finished stays closed", async () => {
  const sealed = await sealStream(KEY, CONTEXT, randomBytes(10));
  const failed = new StreamOpener(randomBytes(32), CONTEXT);
  await assertRejects(() => failed.push(sealed), DecryptionError);
  await assertRejects(() => failed.push(sealed), DecryptionError);
  await assertRejects(() => failed.finish(), DecryptionError);
  const finished = new StreamOpener(KEY, CONTEXT);
  await finished.push(sealed);
  await finished.finish();
  await assertRejects(() => finished.push(sealed), DecryptionError);
  await assertRejects(() => finished.finish(), DecryptionError);
});
