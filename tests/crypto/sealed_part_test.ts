import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { randomBytes, utf8 } from "../../crypto/bytes.ts";
import { DecryptionError } from "../../crypto/errors.ts";
import { openPart, PART_OVERHEAD_BYTES, sealPart } from "../../crypto/sealed_part.ts";

const key = randomBytes(32);
const context = utf8("alice's part");

Deno.test("sealed part: comes back as it was, whatever its length", async () => {
  for (const length of [0, 1, 16_383, 16_384, 100_000]) {
    const plaintext = randomBytes(length);
    const sealed = await sealPart(key, context, plaintext);
    assertEquals(sealed.length, length + PART_OVERHEAD_BYTES);
    assertEquals(await openPart(key, context, sealed), plaintext);
  }
});

Deno.test("sealed part: the same part is sealed differently each time", async () => {
  const [one, other] = [
    await sealPart(key, context, context),
    await sealPart(key, context, context),
  ];
  assertNotEquals(one.slice(0, 32), other.slice(0, 32));
  assertNotEquals(one.slice(64), other.slice(64));
});

Deno.test("sealed part: changed anywhere, cut, or under another key or context it is refused", async () => {
  const sealed = await sealPart(key, context, utf8("words"));
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.map((byte, i) => i === at ? byte ^ 1 : byte);
    await assertRejects(() => openPart(key, context, changed), DecryptionError);
    await assertRejects(() => openPart(key, context, sealed.slice(0, at)), DecryptionError);
  }
  assert(sealed.length > 0);
  await assertRejects(() => openPart(randomBytes(32), context, sealed), DecryptionError);
  await assertRejects(() => openPart(key, utf8("bob's part"), sealed), DecryptionError);
});
