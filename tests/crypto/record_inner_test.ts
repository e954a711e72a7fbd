/**
 * Records made by hand, as the specification says and not with the sealer: what a peer may put
 * inside a record that has a right tag.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { aesGcmKey, aesGcmSeal } from "../../crypto/aead.ts";
import { type Bytes, concat, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { TruncationError } from "../../crypto/errors.ts";
import { hkdf } from "../../crypto/kdf.ts";
import { RecordOpener } from "../../crypto/record_opener.ts";

const [DATA, DATA_END, KEY_UPDATE, CLOSE, ERROR] = [1, 2, 3, 4, 5];

const derive = (secret: Bytes, label: string, length: number) =>
  hkdf(secret, utf8(`mailsec/1 ${label}\0`), length);

async function record(secret: Bytes, counter: number, inner: Bytes): Promise<Bytes> {
  const nonce = derive(secret, "iv", 12);
  const view = new DataView(nonce.buffer);
  view.setBigUint64(4, view.getBigUint64(4) ^ BigInt(counter));
  const header = Uint8Array.of((inner.length + 16) >>> 8, inner.length + 16);
  const key = await aesGcmKey(derive(secret, "key", 32));
  return concat(header, await aesGcmSeal(key, nonce, inner, header));
}

/** content ‖ type ‖ zeros to `padded` + 1 bytes. */
function inner(content: Bytes, type: number, padded = 256): Bytes {
  return concat(content, Uint8Array.of(type), new Uint8Array(padded - content.length));
}

const FULL = randomBytes(16_384);

Deno.test("records: made by hand, with a key update in between, are opened", async () => {
  const secret = randomBytes(64);
  const next = derive(secret, "rekey", 64);
  const opener = new RecordOpener(secret, { maxMessageBytes: 100_000 });
  const wire = concat(
    await record(secret, 0, inner(FULL, DATA, 16_384)),
    await record(secret, 1, inner(new Uint8Array(0), KEY_UPDATE)),
    await record(next, 0, inner(utf8("end"), DATA_END)),
    // More padding than needed is allowed.
    await record(next, 1, inner(utf8("more"), DATA_END, 4096)),
    await record(next, 2, inner(utf8("bye"), ERROR)),
  );
  assertEquals(await opener.push(wire), [
    { type: "message", bytes: concat(FULL, utf8("end")) },
    { type: "message", bytes: utf8("more") },
    { type: "error", code: "bye" },
  ]);
  opener.end();
});

const REFUSED: Record<string, Bytes[]> = {
  "no type at all": [new Uint8Array(257)],
  "an unknown type": [inner(utf8("x"), 6)],
  "DATA that is not full": [inner(utf8("x"), DATA)],
  "an empty DATA": [inner(new Uint8Array(0), DATA)],
  "KEY_UPDATE with content": [inner(utf8("x"), KEY_UPDATE)],
  "CLOSE with content": [inner(utf8("x"), CLOSE)],
  "CLOSE inside a message": [inner(FULL, DATA, 16_384), inner(new Uint8Array(0), CLOSE)],
  "ERROR with a long code": [inner(utf8("x".repeat(65)), ERROR)],
  "ERROR that is not UTF-8": [inner(Uint8Array.of(0xff), ERROR)],
  "a length between the allowed ones": [new Uint8Array(300).fill(DATA_END)],
  "something after a CLOSE": [inner(new Uint8Array(0), CLOSE), inner(utf8("x"), DATA_END)],
};

for (const [name, inners] of Object.entries(REFUSED)) {
  Deno.test(`records: ${name} is refused, whoever sealed it`, async () => {
    const secret = randomBytes(64);
    const opener = new RecordOpener(secret, { maxMessageBytes: 100_000 });
    const wires = await Promise.all(inners.map((bytes, i) => record(secret, i, bytes)));
    await assertRejects(() => opener.push(concat(...wires)), TruncationError);
  });
}
