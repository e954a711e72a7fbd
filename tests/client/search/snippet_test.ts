import { assert, assertEquals } from "@std/assert";
import { snippetOf } from "../../../client/search/snippet.ts";

const LONG = `${"before ".repeat(50)}the Büdget\n\tof 2027 ${"after ".repeat(50)}`;

Deno.test("search snippet: around the first match, on one line", () => {
  const snippet = snippetOf(LONG, [{ text: "budget" }], 60);
  assert(snippet.includes("the Büdget of 2027"), snippet);
  assert(snippet.startsWith("…") && snippet.endsWith("…"), snippet);
  assert([...snippet].length <= 60, snippet);
});

Deno.test("search snippet: a phrase across a line end, a prefix", () => {
  assert(snippetOf(LONG, [{ text: "budget of", phrase: true }], 60).includes("Büdget of"));
  assert(snippetOf(LONG, [{ text: "budg", prefix: true }], 60).includes("Büdget"));
});

Deno.test("search snippet: the beginning when nothing is in the text", () => {
  for (const terms of [[], [{ text: "absent" }], [{ text: "budget", column: "title" } as const]]) {
    assert(snippetOf(LONG, terms, 40).startsWith("before before"));
  }
  assertEquals(snippetOf("", [{ text: "x" }], 40), "");
  assertEquals(snippetOf("short", [], 40), "short");
});

Deno.test("search snippet: long words, emoji and broken text keep to the length", () => {
  for (const text of ["x".repeat(10_000), "🎉".repeat(500), "\ud800 budget \udc00".repeat(99)]) {
    for (const length of [10, 30]) {
      const snippet = snippetOf(text, [{ text: "budget" }], length);
      assert([...snippet].length <= length, `${length}: ${snippet}`);
      assert(snippet.isWellFormed());
    }
  }
});
