import { assert, assertEquals } from "@std/assert";
import plugin, { MAX_SOURCE_LINES, MAX_TEST_LINES } from "../../tools/lint_layers.ts";

/** The ids of what the plugin reports for a file of that name and content. */
function lint(path: string, source: string): string[] {
  const file = new URL(`../../${path}`, import.meta.url).pathname;
  return Deno.lint.runPlugin(plugin, file, source).map((diagnostic) => diagnostic.id);
}

const DIRECTION = ["mailsec/layer-direction"];
const PURE = ["mailsec/pure-layers"];

const IMPORTS: [from: string, to: string, expected: string[]][] = [
  ["crypto/a.ts", "./bytes.ts", []],
  ["crypto/a.ts", "../protocol/limits.ts", DIRECTION],
  ["protocol/messages/a.ts", "../../crypto/bytes.ts", []],
  ["protocol/messages/a.ts", "../../client/mailbox.ts", DIRECTION],
  ["mailstore/sqlite/a.ts", "../../crypto/bytes.ts", []],
  ["mailstore/sqlite/a.ts", "../../crypto/aead.ts", DIRECTION],
  ["mailstore/a.ts", "../protocol/limits.ts", DIRECTION],
  ["client/a.ts", "../protocol/limits.ts", []],
  ["client/a.ts", "../server/serve.ts", DIRECTION],
  ["client/a.ts", "../mailstore/store.ts", DIRECTION],
  ["client/a.ts", "../main.ts", DIRECTION],
  ["server/handlers/a.ts", "../../mailstore/store.ts", []],
  ["server/a.ts", "../client/mailbox.ts", DIRECTION],
  ["server/a.ts", "../tests/helpers.ts", DIRECTION],
  ["cli/a.ts", "../crypto/errors.ts", []],
  ["cli/a.ts", "../client/mailbox.ts", DIRECTION],
  ["main.ts", "./server/commands.ts", []],
  ["main.ts", "./tools/test.ts", DIRECTION],
  ["tests/crypto/a_test.ts", "../../crypto/bytes.ts", []],
  ["tests/cli/a_test.ts", "../../deno.json", []],
  ["client/a.ts", "../deno.json", DIRECTION],
  ["crypto/a.ts", "cborg", []],
];

Deno.test("lint: imports against the direction of the layers are found", () => {
  for (const [from, to, expected] of IMPORTS) {
    assertEquals(lint(from, `import { x } from "${to}";\nx();\n`), expected, `${from} → ${to}`);
  }
});

Deno.test("lint: re-exports, lazy and type imports count as imports", () => {
  const forms = [
    `export { x } from "../server/a.ts";\nexport const y = 1;`,
    `export * from "../server/a.ts";\nexport const y = 1;`,
    `export const y = () => import("../server/a.ts");`,
    `import type { X } from "../server/a.ts";\nexport const y: X = 1;`,
  ];
  for (const form of forms) assertEquals(lint("client/b.ts", form), DIRECTION, form);
});

Deno.test("lint: the edge's APIs in a pure layer are found", () => {
  const impure = [
    `export const x = Deno.args;`,
    `export const x = () => fetch("http://localhost");`,
    `export const x = globalThis.Deno;`,
    `export const x = { Deno };`,
    `import { readFileSync } from "node:fs";\nexport const x = readFileSync;`,
    `export const x = () => setTimeout(() => {}, 1);`,
  ];
  for (const source of impure) {
    for (const layer of ["crypto", "protocol"]) {
      assert(lint(`${layer}/a.ts`, source).includes(PURE[0] ?? ""), `${layer}: ${source}`);
    }
    assertEquals(lint("server/a.ts", source), [], source);
  }
});

Deno.test("lint: properties and members that are named like a global are left alone", () => {
  const pure = [
    `export interface Port { fetch(): void; process: number }`,
    `export const x = (mail: { fetch(): void }) => mail.fetch();`,
    `export const x = { fetch: 1 };`,
    `export class Mail { fetch() {} }`,
    `export const x = crypto.getRandomValues(new Uint8Array(1));`,
  ];
  for (const source of pure) assertEquals(lint("protocol/a.ts", source), [], source);
});

Deno.test("lint: a file over the length cap is found, one at the cap is not", () => {
  const lines = (n: number) => "// a line\n".repeat(n - 1) + "export const x = 1;\n";
  const cases: [string, number, string[]][] = [
    ["server/a.ts", MAX_SOURCE_LINES, []],
    ["server/a.ts", MAX_SOURCE_LINES + 1, ["mailsec/file-length"]],
    ["tests/a_test.ts", MAX_SOURCE_LINES + 1, []],
    ["tests/a_test.ts", MAX_TEST_LINES + 1, ["mailsec/file-length"]],
  ];
  for (const [path, count, expected] of cases) assertEquals(lint(path, lines(count)), expected);
});

Deno.test("lint: a barrel file is found", () => {
  const barrel = `export * from "./a.ts";\nexport { b } from "./b.ts";\n`;
  assertEquals(lint("crypto/mod.ts", barrel), ["mailsec/no-barrel"]);
  assertEquals(lint("crypto/mod.ts", barrel + "export const c = 1;\n"), []);
});
