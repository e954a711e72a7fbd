/** docs/threat_model.md names tests for each of its rows: they must be there. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { PROJECT_ROOT } from "../../tools/project.ts";

interface NamedTest {
  /** Number of the row that names it. */
  readonly row: number;
  readonly file: string;
  /** Null: the file as a whole. */
  readonly name: string | null;
}

/** The numbers of the table's rows. */
function rowsOf(document: string): number[] {
  return [...document.matchAll(/^\| (\d+) +\|/gm)].map(([, row]) => Number(row));
}

/** The tests that the sections `### ROW. …` name, in lines "- `FILE`: NAME" or "- `FILE` (what)". */
function testsOf(document: string): NamedTest[] {
  const found: NamedTest[] = [];
  let row = 0;
  for (const line of document.split("\n")) {
    if (line.startsWith("## ")) row = 0;
    const section = line.match(/^### (\d+)\. /);
    if (section !== null) row = Number(section[1]);
    const test = line.match(/^- `(tests\/[^`]+)`(?:: (.+)| \(.+\))$/);
    if (test !== null) found.push({ row, file: test[1]!, name: test[2] ?? null });
  }
  return found;
}

/** Whether a file has a test or step of this name. */
function hasTest(source: string, name: string): boolean {
  const escaped = JSON.stringify(name).slice(1, -1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const call = String.raw`(?:\.test|\.step|[a-z]Test)\(\s*(?:\{\s*name:\s*)?`;
  return new RegExp(`${call}"${escaped}"`).test(source);
}

/** What is wrong with the tests that a document names. */
async function faultsIn(document: string): Promise<string[]> {
  const faults: string[] = [];
  const tests = testsOf(document);
  for (const row of rowsOf(document)) {
    if (!tests.some((test) => test.row === row)) faults.push(`row ${row} names no test`);
  }
  for (const { file, name } of tests) {
    const source = await Deno.readTextFile(`${PROJECT_ROOT}/${file}`).catch(() => null);
    if (source === null) faults.push(`${file} does not exist`);
    else if (name !== null && !hasTest(source, name)) faults.push(`${file} has no test "${name}"`);
  }
  const named = new Set(tests.map(({ file }) => file));
  for (const [, file] of document.matchAll(/`(tests\/[^`]+)`/g)) {
    if (named.has(file!)) continue;
    const exists = await Deno.stat(`${PROJECT_ROOT}/${file}`).then(() => true, () => false);
    if (!exists) faults.push(`${file} does not exist`);
  }
  return faults;
}

const document = await Deno.readTextFile(`${PROJECT_ROOT}/docs/threat_model.md`);

Deno.test("threat model: each row names tests, and every test that is named is there", async () => {
  assertEquals(await faultsIn(document), []);
  const rows = rowsOf(document);
  assertEquals(rows, Array.from(rows, (_, index) => index + 1));
  assertGreater(rows.length, 9);
});

Deno.test("threat model: the tests of the hostile server are all named by a row", async () => {
  const named = new Set(testsOf(document).filter(({ row }) => row > 0).map(({ file }) => file));
  for await (const { name } of Deno.readDir(`${PROJECT_ROOT}/tests/hostile`)) {
    if (!name.endsWith("_test.ts")) continue;
    assert(named.has(`tests/hostile/${name}`), `no row names tests/hostile/${name}`);
  }
});

Deno.test("threat model: a row without tests, and tests that are not there, are found", async () => {
  const file = "tests/tools/threat_model_test.ts";
  const sample = [
    "| 1  | a |",
    "| 2  | b |",
    "### 1. A",
    `- \`${file}\`: threat model: no such test`,
    `- \`${file}\`: threat model: each row names tests, and every test that is named is there`,
    "- `tests/tools/gone_test.ts` (all of it)",
    "See `tests/nowhere/`.",
  ].join("\n");
  assertEquals(await faultsIn(sample), [
    "row 2 names no test",
    `${file} has no test "threat model: no such test"`,
    "tests/tools/gone_test.ts does not exist",
    "tests/nowhere/ does not exist",
  ]);
});
