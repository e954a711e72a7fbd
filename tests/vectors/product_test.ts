/**
 * The product's own code, with fixed randomness, makes the vectors byte for byte: a change of any
 * label, layout, padding, key derivation or nonce shows here. What the bytes must be is checked by
 * the independent computations beside this file.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { withFixedRandomness } from "../../tools/vectors/fixed_randomness.ts";
import { makeVector, VECTOR_FILES } from "../../tools/vectors/make.ts";
import { makeKeys } from "../../tools/vectors/people.ts";
import { randomBytes } from "../../crypto/bytes.ts";
import { Vector } from "../../tools/vectors/values.ts";
import { readKeys, readVectorFile } from "./files.ts";

Deno.test("vectors: every file of the folder is one that is checked", () => {
  const there = [...Deno.readDirSync(new URL("./", import.meta.url))]
    .map(({ name }) => name).filter((name) => name.endsWith(".json"));
  assertEquals(there.sort(), ["keys", ...VECTOR_FILES].map((name) => `${name}.json`).sort());
});

Deno.test("vectors: a file without values, or without the one that is wanted, fails", () => {
  assertThrows(() => new Vector({}), Error, "no values");
  assertThrows(() => new Vector({ M1: "00" }).bytes("M2"), Error, '"M2"');
});

Deno.test("vectors: the public keys are those of the seeds", async () => {
  const keys = await readKeys();
  assertEquals(await makeKeys(keys), keys);
});

for (const name of VECTOR_FILES) {
  Deno.test(`vectors: the product makes ${name}.json byte for byte`, async () => {
    const expected = await readVectorFile(name);
    const registration = async () => (await readVectorFile("registration")).values;
    const made = await makeVector(name, await readKeys(), registration);
    // Value by value first: the name of the first one that differs says where to look.
    for (const [key, value] of Object.entries(expected.values)) {
      assertEquals(made.values[key], value, `${name}.json: "${key}" is made differently now`);
    }
    assertEquals(made, expected);
  });
}

Deno.test("vectors: randomness is only fixed within a run", async () => {
  const run = () => withFixedRandomness("a test", () => Promise.resolve(randomBytes(32)));
  const [first, second] = [await run(), await run()];
  assertEquals(first.result, second.result);
  assertEquals(first.draws.length, 1);
  assert(!randomBytes(32).every((byte, i) => byte === first.result[i]));
  const own = ["importKey", "generateKey", "encapsulateBits", "encrypt", "sign"]
    .filter((call) => Object.hasOwn(crypto.subtle, call));
  assertEquals(own, []);
});
