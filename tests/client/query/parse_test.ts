import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { timeSpan } from "../../../client/query/dates.ts";
import { parseQuery, QUERY_KEYS } from "../../../client/query/parse.ts";
import { namesFolder, nodesOf, type Query, searchesText } from "../../../client/query/query.ts";
import { QueryError } from "../../../client/query/query_error.ts";

const NOW = new Date(2026, 10, 24, 12, 30).getTime();
const parse = (text: string) => parseQuery(text, NOW);
const text = (word: string, rest = {}): Query => ({
  kind: "text",
  term: { text: word, phrase: false, prefix: false, column: "any", ...rest },
});

Deno.test("query: words, keys and quotations", () => {
  const cases: [string, Query][] = [
    ["", { kind: "all" }],
    ["budget", text("budget")],
    ["bud*", text("bud", { prefix: true })],
    ['"two words"', text("two words", { phrase: true })],
    ["body:noon", text("noon", { column: "body" })],
    ["from:Bob", { kind: "people", column: "from", words: ["bob"] }],
    ["title:Lun*", { kind: "title", words: ["lun"], prefix: true }],
    ['subject:"a b"', { kind: "title", words: ["a", "b"], prefix: false }],
    ["in:archive", { kind: "in", folder: "archive" }],
    ["is:unread", { kind: "flag", flag: "read", set: false }],
    ["IS:Flagged", { kind: "flag", flag: "flagged", set: true }],
    ["is:draft", { kind: "mail_kind", of: "draft" }],
    ["has:attachments", { kind: "has", what: "attachment" }],
    ["larger:10k", { kind: "size", min: 10_001, max: Infinity }],
    ["smaller:1.5M", { kind: "size", min: 0, max: 1_499_999 }],
    ["index:12", { kind: "index", from: 12, to: 12 }],
    ["index:12..20", { kind: "index", from: 12, to: 20 }],
    ["index:12..", { kind: "index", from: 12, to: Infinity }],
    ["id:3F9A", { kind: "id", prefix: "3f9a" }],
  ];
  for (const [query, tree] of cases) assertEquals(parse(query), tree, query);
});

Deno.test("query: and, or, not and brackets bind as they are read", () => {
  const [a, b, c] = ["a", "b", "c"].map((word) => text(word));
  const and = (...of: Query[]): Query => ({ kind: "and", of });
  const or = (...of: Query[]): Query => ({ kind: "or", of });
  const not = (of: Query): Query => ({ kind: "not", of });
  const cases: [string, Query][] = [
    ["a b", and(a!, b!)],
    ["a OR b c", or(a!, and(b!, c!))],
    ["(a OR b) c", and(or(a!, b!), c!)],
    ["-a b", and(not(a!), b!)],
    ["-(a b)", not(and(a!, b!))],
    ["a or b", and(a!, text("or"), b!)],
  ];
  for (const [query, tree] of cases) assertEquals(parse(query), tree, query);
});

Deno.test("query: days are those of whoever types them", () => {
  const day = (y: number, m: number, d: number) => new Date(y, m - 1, d).getTime();
  const cases: [string, number, number][] = [
    ["2026-11-24", day(2026, 11, 24), day(2026, 11, 25)],
    ["2026-1-2", day(2026, 1, 2), day(2026, 1, 3)],
    ["2026-12", day(2026, 12, 1), day(2027, 1, 1)],
    ["2026", day(2026, 1, 1), day(2027, 1, 1)],
    ["today", day(2026, 11, 24), day(2026, 11, 25)],
    ["Yesterday", day(2026, 11, 23), day(2026, 11, 24)],
    ["7d", new Date(2026, 10, 17, 12, 30).getTime(), Infinity],
    ["1m", new Date(2026, 9, 24, 12, 30).getTime(), Infinity],
  ];
  for (const [word, from, to] of cases) assertEquals(timeSpan(word, NOW), { from, to }, word);
  for (const word of ["2026-02-30", "2026-13", "2026-00-01", "tomorrow", "7", "7x", "", "-1d"]) {
    assertEquals(timeSpan(word, NOW), null, word);
  }
  const spanOf = (query: string) => {
    const parsed = parse(query);
    assert(parsed.kind === "date");
    return parsed.span;
  };
  assertEquals(spanOf("after:2026-11-01"), { from: day(2026, 11, 1), to: Infinity });
  assertEquals(spanOf("before:2026-11-01"), { from: -Infinity, to: day(2026, 11, 1) });
  assertEquals(spanOf("on:2026-11"), { from: day(2026, 11, 1), to: day(2026, 12, 1) });
});

Deno.test("query: an error points at the place and says what to write", () => {
  const cases: [string, number, string?][] = [
    ['from:bob "open', 9],
    ["a )", 2],
    ["( a", 0],
    ["a OR", 4],
    ["OR a", 0],
    ["()", 1],
    ["-(a", 1],
    ["form:bob", 0, "from"],
    ["is:unred", 3, "is:unread"],
    ["has:pigs", 4, "attachment"],
    ["before:soon", 7, "2026-11-24"],
    ["larger:big", 7, "10k"],
    ["index:x", 6, "index:12"],
    ["id:xyz", 3],
    ["from:", 5],
    ["a ...", 2],
  ];
  for (const [query, at, hint] of cases) {
    const error = assertThrows(() => parse(query), QueryError, undefined, query);
    assertEquals(error.at, at, query);
    assert(error.hint!.split("\n")[1] === `${" ".repeat(at)}^`, query);
    if (hint !== undefined) assert(error.hint!.includes(hint), error.hint);
  }
});

Deno.test("query: whatever is typed is a query or a QueryError", () => {
  const piece = fc.oneof(
    fc.constantFrom("(", ")", "-", "OR", '"', " ", ":", "..", "*", "from:", "is:read", "7d"),
    fc.constantFrom(...QUERY_KEYS.map((key) => `${key}:`)),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    try {
      parse(pieces.join(""));
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
    }
  }));
  assertThrows(() => parse("(".repeat(100_000)), QueryError);
  assertThrows(() => parse("-(".repeat(1000) + "a" + ")".repeat(1000)), QueryError);
});

Deno.test("query: what says where to look, and what searches text", () => {
  for (const query of ["in:archive", "a -in:trash", "index:3", "id:ab", "is:sent", "-is:draft"]) {
    assertEquals(namesFolder(parse(query)), true, query);
  }
  for (const query of ["from:bob", "is:unread", "a b"]) {
    assertEquals(namesFolder(parse(query)), false, query);
  }
  assertEquals([...nodesOf(parse("a (b OR -c)"))].length, 6);
  assertEquals(searchesText(parse("from:bob -(x)")), true);
  assertEquals(searchesText(parse("from:bob title:x")), false);
});

Deno.test("query: every example of docs/query.md is one, and every key is in it", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/query.md", import.meta.url));
  const blocks = [...page.matchAll(/```query\n([^]*?)```/g)].flatMap(([, lines]) =>
    lines!.trim().split("\n")
  );
  const cells = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)
  );
  assert(blocks.length >= 10 && cells.length >= 20, `${blocks.length}, ${cells.length}`);
  for (const example of [...blocks, ...cells]) parse(example);
  for (const key of QUERY_KEYS) assert(page.includes(`${key}:`), key);
});
