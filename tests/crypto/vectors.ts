/**
 * Published test vectors. They are not part of the repository: the tests look for a folder next to
 * it and say so when it is not there.
 */

import { assert } from "@std/assert";
import { type Bytes, fromHex } from "../../crypto/bytes.ts";

const FOLDER = new URL("../../../shared/vectors/", import.meta.url);

/** A test of Wycheproof's schema; the fields beyond these differ from file to file. */
export interface WycheproofTest {
  tcId: number;
  comment?: string;
  flags?: string[];
  result: "valid" | "invalid" | "acceptable";
  // deno-lint-ignore no-explicit-any -- fields of published files, each test reads those it knows
  [field: string]: any;
}

export interface WycheproofGroup {
  tests: WycheproofTest[];
  // deno-lint-ignore no-explicit-any -- as above
  [field: string]: any;
}

/** Vectors in hexadecimal. */
export const hex: (text: string) => Bytes = fromHex;

/**
 * Registers a test over a whole vector file. `run` gives the number of cases it executed; none is a
 * failure, so a file that lost its cases or its form cannot pass.
 */
export function vectorFileTest<T>(
  { name, file }: { name: string; file: string },
  run: (content: T) => number | Promise<number>,
): void {
  const url = new URL(file, FOLDER);
  const missing = !exists(url);
  if (missing) console.log(`skipped: "${name}", because ../shared/vectors/${file} is not there`);
  Deno.test({
    name,
    ignore: missing,
    fn: async () => {
      const executed = await run(JSON.parse(await Deno.readTextFile(url)) as T);
      assert(executed > 0, `${file} has no case that was executed`);
    },
  });
}

/** The same for Wycheproof's schema: `check` throws for a case that goes wrong. */
export function wycheproofTest(
  { name, file, only = () => true }: {
    name: string;
    file: string;
    /** Which cases concern what mailsec uses. */
    only?: (test: WycheproofTest, group: WycheproofGroup) => boolean;
  },
  check: (test: WycheproofTest, group: WycheproofGroup) => void | Promise<void>,
): void {
  vectorFileTest<{ testGroups: WycheproofGroup[] }>({ name, file }, async ({ testGroups }) => {
    let executed = 0;
    for (const group of testGroups) {
      for (const test of group.tests.filter((test) => only(test, group))) {
        try {
          await check(test, group);
        } catch (cause) {
          const comment = test.comment ?? test.flags?.join(" ") ?? "";
          throw new Error(`${file}, case ${test.tcId} (${test.result}): ${comment}`, { cause });
        }
        executed++;
      }
    }
    return executed;
  });
}

/** What `work` gives, or null when it throws. */
export async function resultOrNull<T>(work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch {
    return null;
  }
}

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch {
    return false;
  }
}
