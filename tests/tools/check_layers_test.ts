import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  findCircles,
  findForbiddenPath,
  findViolations,
  type ImportGraph,
  readProductGraph,
} from "../../tools/check_layers.ts";

function graphOf(imports: Record<string, string[]>): ImportGraph {
  return new Map(Object.entries(imports));
}

Deno.test("layers: a graph without faults has none", () => {
  const graph = graphOf({
    "main.ts": ["server/serve.ts", "client/mailbox.ts"],
    "server/serve.ts": ["protocol/frame.ts", "mailstore/store.ts"],
    "client/mailbox.ts": ["crypto/envelope_open.ts", "protocol/frame.ts"],
    "server/session_worker.ts": ["protocol/frame.ts"],
  });
  assertEquals(findViolations(graph), []);
});

Deno.test("layers: an import circle is found, with the files it runs through", () => {
  const graph = graphOf({ "a.ts": ["b.ts"], "b.ts": ["c.ts", "d.ts"], "c.ts": ["b.ts"] });
  assertEquals(findCircles(graph), [["b.ts", "c.ts", "b.ts"]]);
  assertEquals(findViolations(graph), ["import circle: b.ts → c.ts → b.ts"]);
});

Deno.test("layers: a server that reaches the opening of envelopes is found, however far away", () => {
  const graph = graphOf({
    "server/handlers/list.ts": ["protocol/a.ts"],
    "protocol/a.ts": ["crypto/b.ts"],
    "crypto/b.ts": ["crypto/envelope_open.ts"],
  });
  const expected =
    "server/handlers/list.ts → protocol/a.ts → crypto/b.ts → crypto/envelope_open.ts";
  const [violation = "", ...rest] = findViolations(graph);
  assertStringIncludes(violation, "the server cannot read mail");
  assertStringIncludes(violation, expected);
  assertEquals(rest, []);
});

Deno.test("layers: a session worker that reaches the store or a database is found", () => {
  for (const to of ["mailstore/store.ts", "node:sqlite"]) {
    const graph = graphOf({ "server/session_worker.ts": ["server/a.ts"], "server/a.ts": [to] });
    assertEquals(findViolations(graph).length, 1, to);
  }
});

Deno.test("layers: a product that contains a package of its tests is found", () => {
  const graph = graphOf({ "client/a.ts": ["npm:fast-check@4.10.2"], "npm:fast-check@4.10.2": [] });
  assertEquals(findViolations(graph).length, 1);
});

Deno.test("layers: the path found is the shortest", () => {
  const rule = { from: "a", to: "z", why: "" };
  const graph = graphOf({ a: ["b", "c"], b: ["d"], d: ["z"], c: ["z"] });
  assertEquals(findForbiddenPath(graph, rule), ["a", "c", "z"]);
  assertEquals(findForbiddenPath(graphOf({ a: ["b"] }), rule), null);
});

Deno.test("layers: the graph is read from the files, lazy and type imports included", async () => {
  const root = await Deno.makeTempDir() + "/";
  try {
    for (const folder of ["server", "client", "cli", "protocol", "crypto", "mailstore"]) {
      await Deno.mkdir(root + folder);
    }
    const write = (path: string, text: string) => Deno.writeTextFile(root + path, text);
    await write("deno.json", "{}");
    await write("main.ts", `import "./client/a.ts";`);
    await write("client/a.ts", `export const open = () => import("../crypto/envelope_open.ts");`);
    await write("crypto/envelope_open.ts", `export type Opened = number;`);
    await write("server/unused.ts", `import type { Opened } from "../crypto/envelope_open.ts";`);
    const violations = findViolations(await readProductGraph(root));
    assertEquals(violations.length, 1);
    assertStringIncludes(violations[0] ?? "", "server/unused.ts → crypto/envelope_open.ts");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
