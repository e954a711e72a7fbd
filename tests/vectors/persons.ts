/** The keys of keys.json as the second implementation has them. */
import { assertEquals } from "@std/assert";
import { readKeys } from "./files.ts";
import { fingerprint, type Raw } from "./primitives.ts";

export interface Person {
  readonly mlKemSeed: Raw;
  readonly rsaPkcs8: Raw;
  readonly ed25519Seed: Raw;
  readonly mlDsaSeed: Raw;
  readonly kempk: Raw;
  readonly sigpk: Raw;
  readonly fingerprint: Raw;
}

/** Fails when a key is not there. */
export async function person(name: string): Promise<Person> {
  const keys = await readKeys();
  const get = (key: string, length?: number): Raw => {
    const bytes = Uint8Array.fromHex(keys[`${name} ${key}`]!);
    if (length !== undefined) assertEquals(bytes.length, length, `${name} ${key}`);
    return bytes;
  };
  const sigpk = get("sigpk", 1984);
  return {
    ...{ mlKemSeed: get("mlKemSeed", 64), rsaPkcs8: get("rsaPkcs8"), kempk: get("kempk", 1582) },
    ...{ ed25519Seed: get("ed25519Seed", 32), mlDsaSeed: get("mlDsaSeed", 32), sigpk },
    fingerprint: fingerprint(sigpk),
  };
}
