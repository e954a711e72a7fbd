/**
 * Writes the test vectors, tests/vectors/*.json, with the product's own code and fixed randomness:
 *
 *     deno run -q --no-prompt -P=test tools/vectors.ts
 *
 * No test and no build runs it. Run it after a change of bytes that is meant, and only when the
 * independent computation in tests/vectors/ was changed first, from docs/protocol.md; then look at
 * what `git diff` says has changed. It keeps the RSA keys of keys.json, which cannot be derived.
 */
import { makeVector, VECTOR_FILES } from "./vectors/make.ts";
import { makeKeys, type StoredKeys } from "./vectors/people.ts";
import type { Values } from "./vectors/values.ts";

const FOLDER = new URL("../tests/vectors/", import.meta.url);

async function readOldKeys(): Promise<StoredKeys | null> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL("keys.json", FOLDER))).values as StoredKeys;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function write(name: string, content: unknown): Promise<void> {
  const file = new URL(`${name}.json`, FOLDER);
  await Deno.writeTextFile(file, `${JSON.stringify(content, null, 2)}\n`);
  console.log(file.pathname);
}

if (import.meta.main) {
  const keys = await makeKeys(await readOldKeys());
  await write("keys", {
    about: "Keys of everybody in the vectors (sections 1, 9.1).",
    values: keys,
  });
  let registration: Values = {};
  for (const name of VECTOR_FILES) {
    const file = await makeVector(name, keys, () => Promise.resolve(registration));
    if (name === "registration") registration = file.values;
    await write(name, file);
  }
}
