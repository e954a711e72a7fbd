/**
 * Checks what only the whole import graph shows, from `deno info --json`:
 *
 * - there is no import circle;
 * - `server/` never reaches the code that opens envelopes: the server cannot read mail;
 * - the session worker, which reads what strangers send, reaches neither the store nor a database;
 * - no file of the product reaches tests, tools or a package that only tests need.
 *
 * `deno run tools/check_layers.ts` prints each violation on a line and exits 1 when there is one.
 */

/** Who imports whom: file paths from the project's root, or package and built-in specifiers. */
export type ImportGraph = Map<string, string[]>;

/** What is reachable from files whose path starts with `from` must not start with `to`. */
export interface ReachRule {
  from: string;
  to: string;
  why: string;
}

const PRODUCT = ["main.ts", "server/", "client/", "cli/", "protocol/", "crypto/", "mailstore/"];

/** Packages that are oracles and generators of tests, and no part of the product. */
export const TEST_ONLY_PACKAGES = ["fast-check", "@noble/post-quantum", "@noble/curves"];

/** The rules of the project's layers that hold for everything reachable, however far away. */
export const REACH_RULES: ReachRule[] = [
  { from: "server/", to: "crypto/envelope_open.ts", why: "the server cannot read mail" },
  ...["mailstore/", "node:sqlite", "node:fs", "node:net"].map((to) => (
    { from: "server/session_worker.ts", to, why: "a session worker has neither disk nor network" }
  )),
  ...[
    ...["tests/", "tools/", "bench/"],
    ...TEST_ONLY_PACKAGES.map((name) => `npm:${name}@`),
  ].flatMap((to) =>
    PRODUCT.map((from) => ({ from, to, why: "the product does not contain its tests" }))
  ),
];

/** Each import circle once, as the files it runs through, the first one repeated at its end. */
export function findCircles(graph: ImportGraph): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}

/** The shortest way from a file that starts with `rule.from` to one that starts with `rule.to`. */
export function findForbiddenPath(graph: ImportGraph, rule: ReachRule): string[] | null {
  const cameFrom = new Map<string, string | null>();
  const queue = [...graph.keys()].filter((file) => file.startsWith(rule.from));
  for (const file of queue) cameFrom.set(file, null);
  for (const file of queue) {
    if (file.startsWith(rule.to)) return pathTo(file, cameFrom);
    for (const next of graph.get(file) ?? []) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return null;
}

function pathTo(file: string, cameFrom: Map<string, string | null>): string[] {
  const path: string[] = [];
  for (let at: string | null = file; at !== null; at = cameFrom.get(at) ?? null) path.unshift(at);
  return path;
}

/** Every violation in the graph, one line each. */
export function findViolations(graph: ImportGraph, rules: ReachRule[] = REACH_RULES): string[] {
  const circles = findCircles(graph).map((circle) => `import circle: ${circle.join(" → ")}`);
  const reached = rules.flatMap((rule) => {
    const path = findForbiddenPath(graph, rule);
    return path === null ? [] : [`${rule.why}, but: ${path.join(" → ")}`];
  });
  return [...circles, ...reached];
}

interface InfoModule {
  specifier: string;
  dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
}

/** Adds the graph below one file of the project at `root` (a folder's path ending in "/"). */
async function addGraph(graph: ImportGraph, root: string, file: string): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", file],
    cwd: root,
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`deno info could not read the imports of "${file}"`);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: InfoModule[] };
  const prefix = new URL(`file://${root}`).href;
  const short = (url: string) => {
    const path = url.startsWith(prefix) ? url.slice(prefix.length) : url;
    return decodeURIComponent(path.replace(/^npm:\//, "npm:"));
  };
  for (const module of modules) {
    const imports = (module.dependencies ?? [])
      .map((dependency) => dependency.code?.specifier ?? dependency.type?.specifier)
      .filter((specifier) => specifier !== undefined);
    graph.set(short(module.specifier), imports.map(short));
  }
}

async function sourceFiles(root: string, folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${root}${folder}`)) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) files.push(...await sourceFiles(root, `${path}/`));
    else if (path.endsWith(".ts") && !path.endsWith(".d.ts")) files.push(path);
  }
  return files.sort();
}

/** The import graph of the whole product: main, the workers, and whatever nothing imports yet. */
export async function readProductGraph(root: string): Promise<ImportGraph> {
  const graph: ImportGraph = new Map();
  for (const place of PRODUCT) {
    const files = place.endsWith("/") ? await sourceFiles(root, place) : [place];
    for (const file of files) {
      if (!graph.has(file)) await addGraph(graph, root, file);
    }
  }
  return graph;
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url).pathname;
  const graph = await readProductGraph(root);
  const violations = findViolations(graph);
  for (const violation of violations) console.error(violation);
  const files = [...graph.keys()].filter((file) => !file.includes(":")).length;
  console.log(`layers: ${files} files, ${violations.length} violations`);
  if (violations.length > 0) Deno.exit(1);
}
