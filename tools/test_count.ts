/** What a run of tests came to. */
export interface TestCount {
  passed: number;
  failed: number;
  skipped: number;
}

// The escape sequences that colour the runner's output.
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[0-9;]*m/g;
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/gm;

/**
 * Reads the last summary line that `deno test` printed (`ok | 12 passed (3 steps) | 0 failed …`).
 * Steps are parts of tests and do not count for themselves. Null when there is no such line.
 */
export function countTests(output: string): TestCount | null {
  const last = [...output.replaceAll(COLOUR, "").matchAll(SUMMARY)].at(-1);
  if (last === undefined) return null;
  const [, passed, failed, ignored] = last;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(ignored ?? 0) };
}

/** The closing line: `12 passed, 0 failed`, with `, 1 skipped` only where a test was skipped. */
export function plainLine(count: TestCount): string {
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
  return `${count.passed} passed, ${count.failed} failed${skipped}`;
}
