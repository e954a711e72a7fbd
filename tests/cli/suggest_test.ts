import { assertEquals } from "@std/assert";
import { closestWord, editDistance } from "../../cli/suggest.ts";

Deno.test("suggest: an edit is a character in, out, replaced, or two neighbours swapped", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["list", "list", 0],
    ["lst", "list", 1],
    ["lisst", "list", 1],
    ["lost", "list", 1],
    ["ilst", "list", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ];
  for (const [from, to, distance] of cases) {
    assertEquals(editDistance(from, to), distance, `${from} → ${to}`);
    assertEquals(editDistance(to, from), distance, `${to} → ${from}`);
  }
});

Deno.test("suggest: only a close word is suggested", () => {
  const known = ["connect", "join", "send", "list", "read", "serve"];
  const cases: [string, string | undefined][] = [
    ["conect", "connect"],
    ["LIST", "list"],
    ["joim", "join"],
    ["con", "connect"],
    ["se", undefined],
    ["delete", undefined],
    ["", undefined],
    ["x".repeat(100_000), undefined],
  ];
  for (const [typed, meant] of cases) assertEquals(closestWord(typed, known), meant, typed);
});
