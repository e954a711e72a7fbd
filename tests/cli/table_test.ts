import { assert, assertEquals } from "@std/assert";
import { type Column, renderTable } from "../../cli/table.ts";
import { padToWidth, textWidth, truncateToWidth } from "../../cli/text_width.ts";

const COLUMNS: Column[] = [
  { header: "NO", align: "right" },
  { header: "FROM", min: 5 },
  { header: "TITLE", min: 8 },
  { header: "SIZE", align: "right" },
];
const ROWS = [
  ["1", "alice", "Hello", "5 B"],
  ["200", "a-rather-long-user-name", "日本語の長い題名がここにあります 🎉🎉", "1.0 MB"],
];

Deno.test("table: columns are aligned when there is room", () => {
  assertEquals(renderTable(COLUMNS, ROWS.slice(0, 1), { width: 80 }), [
    "NO  FROM   TITLE  SIZE",
    " 1  alice  Hello   5 B",
  ]);
});

Deno.test("table: every width that can hold it is kept to, and used", () => {
  for (let width = 30; width <= 100; width++) {
    const lines = renderTable(COLUMNS, ROWS, { width });
    for (const line of lines) assert(textWidth(line) <= width, `${width}: ${line}`);
    const sizes = lines.map((line) => textWidth(line));
    assertEquals(new Set(sizes).size, 1, "the last column ends in one line");
  }
});

Deno.test("table: fixed columns are whole however narrow the terminal is", () => {
  const lines = renderTable(COLUMNS, ROWS, { width: 1 });
  assert(lines[2]!.startsWith("200  a-ra…  "));
  assert(lines[2]!.endsWith("…   1.0 MB"));
});

Deno.test("table: a cell cannot move the cursor or break the line", () => {
  const lines = renderTable([{ header: "TITLE" }], [["\x1b[2J\n\u202eevil"]], { width: 80 });
  assertEquals(lines, ["TITLE", "␛[2J␊\\u{202e}evil"]);
});

Deno.test("table: styles are applied to whole lines", () => {
  const lines = renderTable([{ header: "A" }], [["x"], ["y"]], {
    width: 80,
    headerStyle: (line) => `<${line}>`,
    rowStyle: (line, row) => `${row}:${line}`,
  });
  assertEquals(lines, ["<A>", "0:x", "1:y"]);
});

Deno.test("table: text is cut between characters as readers see them", () => {
  const cases: [string, number, string][] = [
    ["hello", 5, "hello"],
    ["hello", 4, "hel…"],
    ["hello", 1, "…"],
    ["hello", 0, ""],
    ["日本語", 6, "日本語"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3, "👩‍👩‍👧‍👦…"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ];
  for (const [text, columns, cut] of cases) {
    assertEquals(truncateToWidth(text, columns), cut);
    assert(textWidth(cut) <= columns);
  }
});

Deno.test("table: padding counts columns, not characters", () => {
  assertEquals(padToWidth("日本", 6, "left"), "日本  ");
  assertEquals(padToWidth("日本", 6, "right"), "  日本");
  assertEquals(padToWidth("日本", 2, "left"), "日本");
});
