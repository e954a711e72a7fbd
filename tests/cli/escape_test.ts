import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { escapedJson, escapeLine, escapeText } from "../../cli/escape.ts";

/** What a terminal would act on, or a reader not see. */
// deno-lint-ignore no-control-regex
const DANGEROUS = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

Deno.test("escape: control characters become visible", () => {
  const cases: [string, string][] = [
    ["plain", "plain"],
    ["\x1b[2J\x1b]0;owned\x07", "␛[2J␛]0;owned␇"],
    ["a\rb\nc\td\0e\x7f", "a␍b␊c␉d␀e␡"],
    ["\x9b2J", "\\u{9b}2J"],
    ["invoice\u202efdp.exe", "invoice\\u{202e}fdp.exe"],
    ["\u2066x\u2069\u200e\u061c", "\\u{2066}x\\u{2069}\\u{200e}\\u{61c}"],
    ["one\u2028two\u2029three\u0085", "one\\u{2028}two\\u{2029}three\\u{85}"],
    ["a\u200bd\u2060m\ufeffin\u00ad", "a\\u{200b}d\\u{2060}m\\u{feff}in\\u{ad}"],
    ["\u{E0041}hidden", "\\u{e0041}hidden"],
    ["lone \ud800 surrogate", "lone \ufffd surrogate"],
  ];
  for (const [text, shown] of cases) assertEquals(escapeLine(text), shown);
});

Deno.test("escape: ordinary text of any script stays as it is", () => {
  const texts = ["naïve café", "日本語", "עברית", "العربية", "हिन्दी", "می‌خواهم", "👩‍👩‍👧‍👦 ❤️ 🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"];
  for (const text of texts) assertEquals(escapeLine(text), text);
});

Deno.test("escape: a text keeps its line ends and tabs, and nothing else", () => {
  assertEquals(escapeText("a\tb\r\nc\nd\re\x1b[A"), "a\tb\nc\nd␍e␛[A");
});

Deno.test("escape: no text leaves anything that a terminal acts on", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(fc.property(text, (value) => {
    assert(!DANGEROUS.test(escapeLine(value)));
    assert(!DANGEROUS.test(escapeText(value).replaceAll(/[\n\t]/g, "")));
  }));
});

Deno.test("escape: JSON says the same and is safe to show", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(fc.property(text, (value) => {
    const json = escapedJson({ value });
    assertEquals(JSON.parse(json), { value });
    assert(!DANGEROUS.test(json.replaceAll("\n", "")));
  }));
  assertEquals(JSON.parse(escapedJson(["\u{E0041}\u202e\x9b"])), ["\u{E0041}\u202e\x9b"]);
});
