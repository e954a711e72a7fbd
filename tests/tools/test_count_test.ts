import { assertEquals } from "@std/assert";
import { countTests, plainLine } from "../../tools/test_count.ts";

const CASES: [output: string, expected: ReturnType<typeof countTests>][] = [
  ["ok | 6 passed | 0 failed (30ms)", { passed: 6, failed: 0, skipped: 0 }],
  ["FAILED | 1 passed (2 steps) | 2 failed | 1 ignored (15ms)", {
    passed: 1,
    failed: 2,
    skipped: 1,
  }],
  ["FAILED | 3 passed (1 step) | 1 failed (2 steps) (1s)", { passed: 3, failed: 1, skipped: 0 }],
  ["\x1b[31mFAILED\x1b[0m | 1 passed | 1 failed \x1b[38;5;245m(9ms)\x1b[0m", {
    passed: 1,
    failed: 1,
    skipped: 0,
  }],
  ["ok | 1 passed | 0 failed\nnoise\nok | 2 passed | 0 failed\n\n", {
    passed: 2,
    failed: 0,
    skipped: 0,
  }],
  ["error: Module not found", null],
  ["a test that prints ok | 9 passed | 0 failed in a line", null],
];

Deno.test("test count: the runner's last summary line is read", () => {
  for (const [output, expected] of CASES) assertEquals(countTests(output), expected, output);
});

Deno.test("test count: the closing line is the plain one", () => {
  assertEquals(plainLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assertEquals(plainLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});
