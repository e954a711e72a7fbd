/** The vector files of this folder, read. */
import { assert } from "@std/assert";
import type { VectorFile, VectorFileName } from "../../tools/vectors/make.ts";
import type { StoredKeys } from "../../tools/vectors/people.ts";
import { Vector } from "../../tools/vectors/values.ts";

const FOLDER = new URL("./", import.meta.url);

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, FOLDER)));
}

/** A vector file. Fails when it has no values or no randomness. */
export async function readVectorFile(name: VectorFileName): Promise<VectorFile> {
  const file = await readJson(name) as VectorFile;
  assert(Object.keys(file.values).length > 0, `${name}.json has no values`);
  assert(file.draws.length > 0, `${name}.json has no draws`);
  return file;
}

/** The values of a vector file, to be taken one by one. */
export async function readVector(name: VectorFileName): Promise<Vector> {
  return new Vector((await readVectorFile(name)).values);
}

/** keys.json. */
export async function readKeys(): Promise<StoredKeys> {
  const { values } = await readJson("keys") as { values: StoredKeys };
  assert(Object.keys(values).length > 0, "keys.json has no keys");
  return values;
}
