/**
 * The program as an executable carries it: minified JavaScript, split so that a command loads only
 * what it needs, with the workers as entry points of their own.
 */
import type { Bytes } from "../crypto/bytes.ts";

/** Greatest size of the bundled program, in bytes: what the executable adds to the runtime. */
export const MAX_BUNDLE_BYTES = 2_500_000;

/** The workers, as paths in the bundle; their sources have the same path and end in `.ts`. */
export const WORKERS = [
  "server/session_worker.js",
  "server/vault_worker.js",
  "client/password_worker.js",
];

/** Text that only tests and development tools contain, also when minified. */
const FOREIGN_TEXT = {
  "fast-check": "Property failed after",
  "@noble/post-quantum": "SampleNTT: unaligned block",
  "@std/assert": "Values are not equal",
  "the test runner": "Deno.test(",
};

const WORKER_URL = /new URL\((["'`])([\w./-]+_worker)\.ts\1,\s*import\.meta\.url\)/g;
const BUNDLED_WORKER_URL = /new Worker\(new URL\((["'`])([\w./-]+)\1,\s*import\.meta\.url\)/g;
const UNRESOLVED = /(?:from|import\()\s*["'`]((?:npm:|jsr:|https?:|\.[\w./-]*\.ts["'`])[^"'`]*)/;

export interface BundledFile {
  /** Path in the bundle, like `server/session_worker.js`. */
  path: string;
  bytes: Bytes;
}

/** Bundles main.ts and the workers of the project at `root` into the folder `outdir`. */
export async function bundle(root: string, outdir: string): Promise<BundledFile[]> {
  const sources = ["main.ts", ...WORKERS.map((path) => path.replace(/\.js$/, ".ts"))];
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--minify", "--code-splitting", "--platform", "deno"],
      ...["--outdir", outdir, ...sources],
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error("deno bundle failed");
  const files: BundledFile[] = [];
  for (const path of await listFiles(outdir)) {
    const text = await Deno.readTextFile(`${outdir}/${path}`);
    const changed = pointToBundledWorkers(path, text);
    if (changed !== text) await Deno.writeTextFile(`${outdir}/${path}`, changed);
    files.push({ path, bytes: new TextEncoder().encode(changed) });
  }
  return files;
}

/**
 * The bundler leaves `new URL("./session_worker.ts", import.meta.url)` as the source had it, while
 * the code has moved to the bundle's top folder and the worker to its own bundled file.
 */
export function pointToBundledWorkers(path: string, text: string): string {
  const up = "../".repeat(path.split("/").length - 1) || "./";
  return text.replaceAll(WORKER_URL, (found: string, _quote: string, name: string) => {
    const worker = WORKERS.find((each) => each.endsWith(`/${name.split("/").at(-1)}.js`));
    return worker === undefined ? found : `new URL("${up}${worker}",import.meta.url)`;
  });
}

/** What is wrong with a bundle, one line each; empty when it may be shipped. */
export function checkBundle(files: BundledFile[]): string[] {
  const problems: string[] = [];
  const paths = new Set(files.map((file) => file.path));
  const started = new Set<string>();
  for (const { path, bytes } of files) {
    const text = new TextDecoder().decode(bytes);
    for (const [what, marker] of Object.entries(FOREIGN_TEXT)) {
      if (text.includes(marker)) problems.push(`${path} contains ${what} ("${marker}")`);
    }
    const unresolved = UNRESOLVED.exec(text);
    if (unresolved !== null) problems.push(`${path} still imports ${unresolved[1]}`);
    for (const [, , url = ""] of text.matchAll(BUNDLED_WORKER_URL)) {
      started.add(new URL(url, `file:///${path}`).pathname.slice(1));
    }
  }
  for (const worker of WORKERS) {
    if (!paths.has(worker)) problems.push(`the worker ${worker} is missing`);
    if (!started.has(worker)) problems.push(`nothing starts the worker ${worker}`);
  }
  for (const worker of started) {
    if (!paths.has(worker)) problems.push(`a worker is started from ${worker}, which is missing`);
  }
  const size = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (size > MAX_BUNDLE_BYTES) problems.push(`${size} bytes, more than ${MAX_BUNDLE_BYTES}`);
  return problems;
}

async function listFiles(root: string, folder = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) paths.push(...await listFiles(root, `${path}/`));
    else paths.push(path);
  }
  return paths.sort();
}
