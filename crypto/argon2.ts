/** Argon2id (RFC 9106): keys from what people remember. */

import type { Bytes } from "./bytes.ts";
import { modernSubtle } from "./subtle.ts";

/** How much work a guess is. */
export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** The second recommendation of RFC 9106 section 4: 64 MiB, 3 passes, 4 lanes. ~200 ms. */
export const ARGON2_COST: Argon2Cost = { memoryKiB: 64 * 1024, passes: 3, lanes: 4 };
/** Length of a salt that belongs to one password alone, in bytes. */
export const ARGON2_SALT_BYTES = 16;
const KEY_BYTES = 32;

/** A key of 32 bytes. @param salt At least 8 bytes. */
export async function argon2id(
  password: Bytes,
  salt: Bytes,
  { memoryKiB, passes, lanes }: Argon2Cost = ARGON2_COST,
): Promise<Bytes> {
  const key = await modernSubtle.importKey("raw-secret", password, "Argon2id", false, [
    "deriveBits",
  ]);
  const cost = { memory: memoryKiB, passes, parallelism: lanes };
  const algorithm = { name: "Argon2id", nonce: salt, ...cost } as const;
  return new Uint8Array(await modernSubtle.deriveBits(algorithm, key, KEY_BYTES * 8));
}
