/**
 * Registers a test of the contract for every engine: they are "mailstore (ENGINE): what must hold".
 * After each test the store must still verify.
 */

import { assertEquals } from "@std/assert";
import { StoreError } from "../../mailstore/errors.ts";
import type { MailStore, OpenOptions } from "../../mailstore/store.ts";
import { ENGINES } from "./fixtures.ts";

export function conformance(
  name: string,
  test: (store: MailStore) => Promise<void>,
  options: Partial<OpenOptions> = {},
): void {
  for (const engine of ENGINES) {
    Deno.test(`mailstore (${engine.name}): ${name}`, () =>
      engine.with(async (store) => {
        await test(store);
        assertEquals(await store.verify(), []);
      }, options));
  }
}

/** The code of the StoreError that the work rejects with, or null. */
export async function rejection(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}
