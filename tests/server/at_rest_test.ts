import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { randomBytes, utf8 } from "../../crypto/bytes.ts";
import { encapsulate } from "../../crypto/composite_kem.ts";
import { DecryptionError } from "../../crypto/errors.ts";
import { systemClock } from "../../server/clock.ts";
import { dataPaths } from "../../server/data_folder.ts";
import { AtRest } from "../../server/vault/at_rest.ts";
import { RECORD_RENEWAL_MS, ServerKeys } from "../../server/vault/server_keys.ts";
import { makeDataFolder } from "./data.ts";
import { testKeys } from "./test_client.ts";

Deno.test("at rest: a column opens only where it was sealed, and only with its key", () => {
  const atRest = new AtRest(randomBytes(32));
  const [row, other] = [randomBytes(32), randomBytes(32)];
  const sealed = atRest.seal("login", row, utf8("record"));
  assertEquals(atRest.open("login", row, sealed), utf8("record"));
  assertThrows(() => atRest.open("bundle", row, sealed), DecryptionError);
  assertThrows(() => atRest.open("meta", row, sealed), DecryptionError);
  assertThrows(() => atRest.open("login", other, sealed), DecryptionError);
  assertThrows(() => new AtRest(randomBytes(32)).open("login", row, sealed), DecryptionError);
  assertNotEquals(atRest.seal("login", row, utf8("record")), sealed);
});

Deno.test("at rest: tags tell users apart and say nothing without the key", () => {
  const key = randomBytes(32);
  const atRest = new AtRest(key);
  assertEquals(atRest.tagOf("alice"), new AtRest(key).tagOf("alice"));
  assertNotEquals(atRest.tagOf("alice"), atRest.tagOf("bob"));
  assertNotEquals(atRest.tagOf("alice"), new AtRest(randomBytes(32)).tagOf("alice"));
});

Deno.test("at rest: a server record that gets old is replaced, the KEM key before still opens", async () => {
  const { kemPublic } = await testKeys();
  for (const [ageMs, due] of [[RECORD_RENEWAL_MS - 60_000, false], [RECORD_RENEWAL_MS, true]]) {
    const folder = await makeDataFolder({ recordAgeMs: ageMs as number });
    const paths = dataPaths(folder);
    const keys = await ServerKeys.open(paths, systemClock);
    const before = keys.record;
    assertEquals(await keys.renewIfDue(), due);
    assertEquals(keys.record.seq, due ? 2 : 1);
    const { ciphertext, sharedSecret } = await encapsulate(kemPublic);
    assertEquals(await keys.decapsulate(kemPublic.keyId, ciphertext), sharedSecret);
    const reopened = await ServerKeys.open(paths, systemClock);
    assertEquals(reopened.record, keys.record);
    assertEquals(reopened.record.realm, before.realm);
    assertEquals(await reopened.decapsulate(kemPublic.keyId, ciphertext), sharedSecret);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("at rest: a key that is not known, and a wrong ciphertext, give just another secret", async () => {
  const folder = await makeDataFolder();
  const keys = await ServerKeys.open(dataPaths(folder), systemClock);
  const { kemPublic } = await testKeys();
  const { ciphertext, sharedSecret } = await encapsulate(kemPublic);
  const wrong = ciphertext.slice();
  wrong[1471]! ^= 1;
  for (
    const [keyId, text] of [
      [randomBytes(8), ciphertext],
      [kemPublic.keyId, wrong],
    ] as const
  ) {
    const answer = await keys.decapsulate(keyId, text);
    assertEquals(answer.length, 32);
    assertNotEquals(answer, sharedSecret);
  }
  await Deno.remove(folder, { recursive: true });
});
