import { assertEquals, assertMatch } from "@std/assert";
import { formatDate, formatSize, splitRecipients } from "../../client/terminal/format.ts";

Deno.test("format: sizes have two digits at least and never four", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [9950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1_000_000, "1.0 MB"],
    [33_554_432, "34 MB"],
    [5_000_000_000, "5.0 GB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatSize(bytes), text);
});

Deno.test("format: dates are local, what is none stays as it is", () => {
  assertMatch(formatDate("2026-11-23T19:17:05.000Z"), /^2026-11-2[34] \d\d:\d7$/);
  const local = new Date(2026, 0, 2, 3, 4);
  assertEquals(formatDate(local.toISOString()), "2026-01-02 03:04");
  assertEquals(formatDate("soon"), "soon");
});

Deno.test("format: recipients are separated by ; , or blanks", () => {
  assertEquals(splitRecipients(" a;b, c  d;; "), ["a", "b", "c", "d"]);
  assertEquals(splitRecipients(" ;, "), []);
});
