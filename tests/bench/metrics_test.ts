import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { median, METRICS, percentile, rounded, table } from "../../bench/metrics.ts";

Deno.test("bench: a percentile is the smallest value that enough values do not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  const cases: [number[], number, number][] = [
    [[7], 50, 7],
    [[7], 99, 7],
    [[3, 1, 2], 50, 2],
    [[4, 1, 3, 2], 50, 2],
    [hundred, 99, 99],
    [hundred, 100, 100],
    [hundred, 1, 1],
  ];
  for (const [values, percent, expected] of cases) {
    assertEquals(percentile(values, percent), expected);
  }
  assertEquals(median([5, 1, 9]), 5);
  assertThrows(() => median([]), RangeError);
});

Deno.test("bench: figures have three significant digits", () => {
  assertEquals([1234.5, 2.0449, 0.12345, 99.96].map(rounded), [1230, 2.04, 0.123, 100]);
});

Deno.test("bench: every metric has its own name, with its unit, and the table says what was reached", () => {
  const names = METRICS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const name of names) assertEquals(/_(per_s|ms|mb)$/.test(name), true, name);
  const lines = table({ login_ms: 300, version_ms: 61, delivered_1kb_serial_per_s: 1000 }).split(
    "\n",
  );
  assertEquals(lines.length, 4);
  assertStringIncludes(lines[1] ?? "", "ok");
  assertStringIncludes(lines[2] ?? "", "ok");
  assertStringIncludes(lines[3] ?? "", "missed");
});
