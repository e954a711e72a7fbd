/**
 * The project's own lint rules, loaded by `deno lint` through `lint.plugins` in deno.json.
 *
 * - `mailsec/layer-direction`: data flows one way, `main → server | client → protocol → crypto`;
 *   `mailstore` is a leaf that only `server` uses, `cli` one that main, server and client use.
 * - `mailsec/pure-layers`: `crypto/` and `protocol/` use no Deno API, no Node I/O, no clock, timer
 *   or console, so that every step in them can be tested as a function.
 * - `mailsec/file-length`: a file holds one idea and fits in the head.
 * - `mailsec/no-barrel`: no file whose only content is our other files' exports.
 */
import { ALLOWED_IMPORTS, layerOf, type Place, placeOf, resolveImport } from "./layers.ts";

/** Greatest length of a source file, in lines. */
export const MAX_SOURCE_LINES = 400;
/** Greatest length of a test file, in lines. */
export const MAX_TEST_LINES = 600;

/** Globals of the edge: what a pure layer gets passed in instead. */
const EDGE_GLOBALS = [
  ...["Deno", "process", "console", "fetch", "WebSocket", "Worker", "localStorage"],
  ...["setTimeout", "setInterval", "performance"],
];

type Visitor = Deno.lint.LintVisitor;
type Context = Deno.lint.RuleContext;

/** Calls `visit` with the specifier of everything that the file imports, statically or lazily. */
function onImport(visit: (node: Deno.lint.Node, specifier: string) => void): Visitor {
  return {
    ImportDeclaration: (node) => visit(node, node.source.value),
    ExportAllDeclaration: (node) => visit(node, node.source.value),
    ExportNamedDeclaration(node) {
      if (node.source !== null) visit(node, node.source.value);
    },
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") {
        visit(node, node.source.value);
      }
    },
  };
}

function layerDirection(context: Context): Visitor {
  const from = placeOf(context.filename);
  const layer = from && layerOf(from);
  if (from === null || layer === undefined) return {};
  return onImport((node, specifier) => {
    const refusal = refusedImport(from, specifier);
    if (refusal !== null) context.report({ node, message: refusal });
  });
}

/** Why `from` must not import `specifier`, or null when it may. */
export function refusedImport(from: Place, specifier: string): string | null {
  const to = resolveImport(from, specifier);
  if (to === null) return null;
  const layer = layerOf(from);
  const target = layerOf(to);
  if (layer === target || layer === undefined) return null;
  const rules = ALLOWED_IMPORTS[layer];
  if (rules.includes(to.path) || (target !== undefined && rules.includes(target))) return null;
  if (target === undefined) return `${layer}/ must not import "${to.path}", which is in no layer`;
  return `${layer}/ must not import from ${target}/ ("${to.path}"): data flows one way`;
}

function pureLayers(context: Context): Visitor {
  const place = placeOf(context.filename);
  const layer = place && layerOf(place);
  if (layer !== "crypto" && layer !== "protocol") return {};
  const report = (node: Deno.lint.Node, what: string) =>
    context.report({ node, message: `${layer}/ is pure: ${what} belongs to the edge, pass it in` });
  const imports = onImport((node, specifier) => {
    if (specifier.startsWith("node:")) report(node, `"${specifier}"`);
  });
  return {
    ...imports,
    Identifier(node) {
      if (EDGE_GLOBALS.includes(node.name) && isReference(node)) report(node, node.name);
    },
    MemberExpression(node) {
      const { object, property } = node;
      if (object.type !== "Identifier" || property.type !== "Identifier") return;
      if (object.name === "globalThis" && EDGE_GLOBALS.includes(property.name)) {
        report(node, `globalThis.${property.name}`);
      }
    },
  };
}

/** Whether an identifier names a variable: not a property, not the name of something declared. */
function isReference(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as unknown as Record<string, unknown> & { type: string };
  switch (parent.type) {
    case "MemberExpression":
      return (parent.object as Deno.lint.Node).range[0] === node.range[0];
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.shorthand === true ||
        (parent.key as Deno.lint.Node).range[0] !== node.range[0];
    default:
      return true;
  }
}

function fileLength(context: Context): Visitor {
  return {
    Program(node) {
      const lines = context.sourceCode.text.trimEnd().split("\n").length;
      const isTest = placeOf(context.filename)?.path.startsWith("tests/") ?? false;
      const cap = isTest ? MAX_TEST_LINES : MAX_SOURCE_LINES;
      if (lines <= cap) return;
      const message = `${lines} lines, more than ${cap}: this file holds more than one idea`;
      context.report({ node, message });
    },
  };
}

function noBarrel(context: Context): Visitor {
  return {
    Program(node) {
      const place = placeOf(context.filename);
      if (place === null || layerOf(place) === undefined) return;
      const isReexport = (statement: Deno.lint.Statement) =>
        (statement.type === "ExportAllDeclaration" ||
          statement.type === "ExportNamedDeclaration") &&
        (statement.source?.value.startsWith(".") ?? false);
      if (node.body.length === 0 || !node.body.every(isReexport)) return;
      const message = "a barrel file: import from the file that holds the thing";
      context.report({ node, message });
    },
  };
}

const plugin: Deno.lint.Plugin = {
  name: "mailsec",
  rules: {
    "layer-direction": { create: layerDirection },
    "pure-layers": { create: pureLayers },
    "file-length": { create: fileLength },
    "no-barrel": { create: noBarrel },
  },
};

export default plugin;
