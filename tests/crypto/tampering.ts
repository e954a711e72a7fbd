/** Changed copies of a binary record, field by field, for tests of what verifies it. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Bytes, concat } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";

/** The fields of a record in their order, with their lengths in bytes. */
export type Layout = readonly (readonly [field: string, length: number])[];

/** For each field of `bytes`, copies with one bit of its first, middle or last byte turned over. */
export function tampered(bytes: Bytes, layout: Layout): [field: string, changed: Bytes][] {
  let start = 0;
  const copies = layout.flatMap(([field, length]) => {
    const places = new Set([start, start + Math.floor(length / 2), start + length - 1]);
    start += length;
    return [...places].map((at): [string, Bytes] => [
      `${field}, byte ${at}`,
      bytes.with(at, bytes[at]! ^ 1) as Bytes,
    ]);
  });
  assertEquals(start, bytes.length, "the layout is that of the record");
  return copies;
}

/** A record that is a byte too short, a byte too long, empty, or has bytes cut from its front. */
export function miscut(bytes: Bytes): [how: string, changed: Bytes][] {
  return [
    ["empty", bytes.slice(0, 0)],
    ["half", bytes.slice(0, bytes.length / 2)],
    ["last byte cut", bytes.slice(0, -1)],
    ["first byte cut", bytes.slice(1)],
    ["a zero byte more", concat(bytes, Uint8Array.of(0))],
    ["twice", concat(bytes, bytes)],
  ];
}

/** Whether `verify` refuses each of the copies, as malformed or as not to be trusted. */
export async function assertAllRefused(
  copies: readonly [name: string, changed: Bytes][],
  verify: (changed: Bytes) => Promise<unknown>,
): Promise<void> {
  for (const [name, changed] of copies) {
    const error = await assertRejects(() => verify(changed), Error, undefined, name);
    const deliberate = error instanceof FormatError || error instanceof TrustError;
    assert(deliberate, `${name}: ${error}`);
  }
}

/** The code of the TrustError that `verified` fails with. */
export async function refusal(verified: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => verified, TrustError)).code;
}
