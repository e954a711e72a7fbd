import { assertEquals } from "@std/assert";
import { parseListCommand } from "../../client/terminal/menu/list/list_command.ts";
import { parseWhich, rangesQuery } from "../../client/terminal/menu/list/which.ts";

Deno.test("list command: a letter, a word, with or without a blank", () => {
  const act = (act: string, which = "", folder: string | null = null) => ({
    ...{ kind: "act", act, which, folder },
  });
  const cases: [string, unknown][] = [
    ["", { kind: "onward" }],
    ["12", { kind: "open", index: 12 }],
    ["open 12", { kind: "open", index: 12 }],
    ["n", { kind: "next" }],
    [" Next ", { kind: "next" }],
    ["p", { kind: "previous" }],
    ["q", { kind: "quit" }],
    ["?", { kind: "help" }],
    ["z", { kind: "undo" }],
    ["u", { kind: "unread" }],
    ["v", { kind: "reverse" }],
    ["t", { kind: "threads" }],
    ["t 4", { kind: "thread", index: 4 }],
    ["s", { kind: "sort", key: null, reverse: false }],
    ["s title", { kind: "sort", key: "title", reverse: false }],
    ["s -size", { kind: "sort", key: "size", reverse: true }],
    ["sort sender reverse", { kind: "sort", key: "sender", reverse: true }],
    ["/", { kind: "query", text: null }],
    ["/ from:bob budget", { kind: "query", text: "from:bob budget" }],
    ["/budget", { kind: "query", text: "budget" }],
    ["from:bob", { kind: "query", text: "from:bob" }],
    ["-is:read x", { kind: "query", text: "-is:read x" }],
    ["o", { kind: "folder", name: null }],
    ["o My folder", { kind: "folder", name: "My folder" }],
    ["d 3 5-8", act("delete", "3 5-8")],
    ["d3", act("delete", "3")],
    ["d", act("delete")],
    ["d from:bob is:read", act("delete", "from:bob is:read")],
    ["delete is:read", act("delete", "is:read")],
    ["r 3", act("read", "3")],
    ["f 3,4", act("flag", "3,4")],
    ["m 3 5 to My folder", act("move", "3 5", "My folder")],
    ["m 3 > archive", act("move", "3", "archive")],
    ["m to archive", act("move", "", "archive")],
    // The key "to:" is no folder.
    ["m to:bob", act("move", "to:bob")],
    ["c to:bob to archive", act("copy", "to:bob", "archive")],
    ["hello", { kind: "unknown", text: "hello" }],
    ["next page", { kind: "unknown", text: "next page" }],
    ["s colour", { kind: "unknown", text: "s colour" }],
    ["-3", { kind: "unknown", text: "-3" }],
  ];
  for (const [typed, meant] of cases) {
    assertEquals(parseListCommand(typed), meant as ReturnType<typeof parseListCommand>, typed);
  }
});

Deno.test("list command: indexes and ranges, everything else is a query", () => {
  const cases: [string, string][] = [
    ["3", "index:3"],
    ["3 5-8", "(index:3 OR index:5..8)"],
    ["3,5 - 8 , 9", "(index:3 OR index:5..8 OR index:9)"],
    ["8-5", "index:5..8"],
    ["5..8", "index:5..8"],
  ];
  for (const [typed, query] of cases) {
    const chosen = parseWhich(typed);
    assertEquals(chosen.kind === "indexes" ? rangesQuery(chosen.ranges) : chosen, query, typed);
  }
  for (const query of ["from:bob", "3 x", "-3", "2026-11-01", "3-"]) {
    assertEquals(parseWhich(query), { kind: "query", text: query }, query);
  }
  assertEquals(parseWhich(" "), { kind: "none" });
});
