import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KeyDecoder } from "../../client/terminal/keys.ts";
import {
  applyKey,
  type EditMode,
  EMPTY_LINE,
  type Line,
} from "../../client/terminal/line_editor.ts";
import { drawDumb, drawRow } from "../../client/terminal/line_view.ts";
import { textWidth } from "../../cli/text_width.ts";

const LEFT = "\x1b[D";
const RIGHT = "\x1b[C";

/** Types into a line; shows it with `|` for the cursor, or what it ended with. */
function type(
  keys: string,
  { mode = "single" as EditMode, initial = "", offered = false } = {},
): string {
  let line: Line = { before: initial, after: "", ...(offered ? { offered } : {}) };
  for (const key of new KeyDecoder().push(new TextEncoder().encode(keys))) {
    const result = applyKey(line, key, mode);
    if (result.kind === "submitted") {
      const rest = result.rest.map((key) => key.kind === "paste" ? key.text : key.kind);
      return `${result.text} → ${JSON.stringify(rest)}`;
    }
    if (result.kind !== "edited") return result.kind;
    line = result.line;
  }
  return `${line.before}|${line.after}`;
}

Deno.test("line editor: typing, moving, deleting", () => {
  const cases: [string, string][] = [
    ["abc", "abc|"],
    [`abc${LEFT}${LEFT}X`, "aX|bc"],
    [`abc${LEFT}\x7f`, "a|c"],
    [`abc${LEFT}${LEFT}\x1b[3~`, "a|c"],
    ["abc\x01X\x05Y", "XabcY|"],
    ["one two three\x17", "one two |"],
    ["one two  \x17\x17\x17", "|"],
    [`one two${LEFT}${LEFT}${LEFT}\x15`, "|two"],
    [`one two${LEFT}${LEFT}${LEFT}\x0b`, "one |"],
    ["one two\x1bb\x1bb\x1bf", "one| two"],
    [`\x7f${LEFT}${RIGHT}\x1b[3~`, "|"],
    ["a\tb", "a\tb|"],
  ];
  for (const [keys, line] of cases) assertEquals(type(keys), line, JSON.stringify(keys));
});

Deno.test("line editor: Backspace takes what a reader sees as one character", () => {
  const clusters = ["é", "e\u0301", "日", "😀", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "ก็", "ß"];
  for (const cluster of clusters) {
    assertEquals(type(`a${cluster}\x7f`), "a|", cluster);
    assertEquals(type(`a${cluster}b${LEFT}${LEFT}`), `a|${cluster}b`, cluster);
    assertEquals(type(`a${cluster}\x01${RIGHT}\x1b[3~`), "a|", cluster);
  }
});

Deno.test("line editor: Enter submits the whole line, Ctrl-C and Ctrl-D end it", () => {
  assertEquals(type(`abc${LEFT}\r`), "abc → []");
  assertEquals(type("abc\x03"), "interrupted");
  assertEquals(type("\x04"), "ended");
  assertEquals(type("abc\x04"), "abc|");
  assertEquals(type(`abc${LEFT}\x04`), "ab|");
});

Deno.test("line editor: a paste into an answer is one line and does not submit", () => {
  assertEquals(type("\x1b[200~one\rtwo\r\r\x1b[201~"), "one two|");
  assertEquals(type("a\x1b[200~\x03\x04\x1b[201~b"), "a\x03\x04b|");
});

Deno.test("line editor: a paste into a text submits line by line, nothing lost", () => {
  const mode = "lines";
  assertEquals(type("a\x1b[200~b\rc\rd\x1b[201~", { mode }), 'ab → ["c\\nd"]');
  assertEquals(type("\x1b[200~b\r\x1b[201~", { mode }), "b → []");
  assertEquals(type("\x1b[200~no end\x1b[201~", { mode }), "no end|");
  assertEquals(type(`xy${LEFT}\x1b[200~b\rc\x1b[201~`, { mode }), 'xb → ["cy"]');
});

Deno.test("line editor: what stands there already can be changed", () => {
  assertEquals(type("\x7f!", { initial: "draft" }), "draf!|");
  assertEquals(type("\r", { initial: "draft" }), "draft → []");
});

Deno.test("line editor: an earlier answer is kept, edited, or replaced by what is typed", () => {
  const offered = true;
  assertEquals(type("\r", { initial: "bob", offered }), "bob → []");
  assertEquals(type("carol", { initial: "bob", offered }), "carol|");
  assertEquals(type("\x1b[200~carol\x1b[201~", { initial: "bob", offered }), "carol|");
  assertEquals(type("\x7fss", { initial: "bob", offered }), "boss|");
  assertEquals(type(`${LEFT}x`, { initial: "bob", offered }), "box|b");
});

Deno.test("line view: a row never gets wider than the terminal, and never a control character", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, fc.integer({ min: 24, max: 90 }), (before, after, columns) => {
      const row = drawRow({ before, after }, { question: "Title: ", secret: false, columns });
      // deno-lint-ignore no-control-regex
      const shown = row.replace(/^\r\x1b\[K/, "").replace(/\x1b\[\d+D$/, "");
      assert(shown.startsWith("Title: "));
      assert(textWidth(shown) < columns, `${textWidth(shown)} of ${columns}`);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f]/.test(shown));
    }),
    { numRuns: 40 },
  );
});

Deno.test("line view: the cursor stands where it is in the line", () => {
  const view = { question: "> ", secret: false, columns: 40 };
  assertEquals(drawRow({ before: "ab", after: "日c" }, view), "\r\x1b[K> ab日c\x1b[3D");
  assertEquals(drawRow({ before: "ab", after: "" }, view), "\r\x1b[K> ab");
});

Deno.test("line view: of a secret nothing is shown, not even its length", () => {
  const view = { question: "Password: ", secret: true, columns: 40 };
  const empty = drawRow(EMPTY_LINE, view);
  assertEquals(drawRow({ before: "sésame", after: "x" }, view), empty);
  assertEquals(drawDumb(EMPTY_LINE, { before: "sésame", after: "" }, view), "");
});

Deno.test("line view: a dumb terminal gets text, blanks and backspaces only", () => {
  const view = { question: "> ", secret: false, columns: 40 };
  const at = (before: string, after = "") => ({ before, after });
  assertEquals(drawDumb(at("a"), at("ab"), view), "b");
  assertEquals(drawDumb(at("a日"), at("a"), view), "\b \b\b \b");
  assertEquals(drawDumb(at("a"), at("a"), view), "");
  assertEquals(drawDumb(at("ab"), at("aXb"), view), "\r\n> aXb");
  assertEquals(drawDumb(at(""), at("\x1b[2J"), view), "␛[2J");
});
