import { assertEquals, assertStringIncludes } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import {
  type BundledFile,
  checkBundle,
  MAX_BUNDLE_BYTES,
  pointToBundledWorkers,
  WORKERS,
} from "../../tools/bundle.ts";

const START = WORKERS.map((path) => `new Worker(new URL("./${path}",import.meta.url),{})`).join(
  ";",
);

/** A bundle as it should be, with `changes` put over its files (an empty text removes one). */
function bundleWith(changes: Record<string, string> = {}): BundledFile[] {
  const files: Record<string, string> = { "main.js": "", "serve-A.js": START };
  for (const worker of WORKERS) files[worker] = "self.onmessage=()=>{}";
  return Object.entries({ ...files, "main.js": "1", ...changes })
    .filter(([, text]) => text !== "")
    .map(([path, text]) => ({ path, bytes: utf8(text) }));
}

Deno.test("bundle: one with all workers and nothing foreign passes", () => {
  assertEquals(checkBundle(bundleWith()), []);
});

Deno.test("bundle: each fault is found", () => {
  const faults: [Record<string, string>, string][] = [
    [{ "server/vault_worker.js": "" }, "server/vault_worker.js is missing"],
    [{ "serve-A.js": "1" }, "nothing starts the worker server/session_worker.js"],
    [
      { "x.js": `new Worker(new URL("./other.js",import.meta.url))` },
      "a worker is started from other.js, which is missing",
    ],
    [{ "x.js": `Deno.test("a",()=>{})` }, "the test runner"],
    [{ "x.js": `import{a}from"npm:cborg@6.1.5"` }, "still imports npm:cborg"],
    [{ "x.js": `await import("./lazy.ts")` }, "still imports ./lazy.ts"],
    [{ "x.js": " ".repeat(MAX_BUNDLE_BYTES) }, `more than ${MAX_BUNDLE_BYTES}`],
  ];
  for (const [change, expected] of faults) {
    assertStringIncludes(checkBundle(bundleWith(change)).join("\n"), expected);
  }
});

Deno.test("bundle: no `using` that the minifier would lose", async () => {
  // `using a = open(); return a.b();` becomes `return open().b()`: nothing is closed any more.
  const lost: string[] = [];
  let found = 0;
  for (const path of await productFiles()) {
    const lines = (await Deno.readTextFile(path)).split("\n");
    for (const [i, line] of lines.entries()) {
      const name = /^\s*(?:await )?using (\w+) =/.exec(line)?.[1];
      if (name === undefined) continue;
      found += 1;
      const indent = line.search(/\S/);
      const end = lines.findIndex((next, at) =>
        at > i && next.trim() !== "" && next.search(/\S/) < indent
      );
      const block = lines.slice(i + 1, end).join("\n");
      if (block.match(new RegExp(`\\b${name}\\b`, "g"))?.length === 1) {
        lost.push(`${path}:${i + 1}`);
      }
    }
  }
  assertEquals([lost, found > 5], [[], true]);
});

async function productFiles(): Promise<string[]> {
  const files = ["main.ts"];
  for (const folder of ["cli", "client", "crypto", "mailstore", "protocol", "server"]) {
    await addSources(folder, files);
  }
  return files;
}

async function addSources(folder: string, files: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await addSources(`${folder}/${name}`, files);
    else if (name.endsWith(".ts")) files.push(`${folder}/${name}`);
  }
}

Deno.test("bundle: the tests' own packages are recognised in minified code", async () => {
  const packages = {
    "fast-check": `import fc from "fast-check"; fc.assert(fc.property(fc.nat(), () => true));`,
    "@noble/post-quantum":
      `import { ml_kem768 } from "@noble/post-quantum/ml-kem.js"; ml_kem768.keygen();`,
    "@std/assert": `import { assertEquals } from "@std/assert"; assertEquals(1, 1);`,
  };
  const folder = new URL("./", import.meta.url).pathname;
  const file = await Deno.makeTempFile({ dir: folder, prefix: "foreign_", suffix: ".ts" });
  try {
    for (const [name, source] of Object.entries(packages)) {
      await Deno.writeTextFile(file, source);
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["bundle", "--quiet", "--minify", file],
        stderr: "null",
      }).output();
      const problems = checkBundle([...bundleWith(), { path: "x.js", bytes: stdout }]);
      assertStringIncludes(problems.join("\n"), `x.js contains ${name}`);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("bundle: the workers' addresses are moved to the bundled files", () => {
  const source = `new Worker(new URL("./session_worker.ts",import.meta.url),{})`;
  const inRoot = `new Worker(new URL("./server/session_worker.js",import.meta.url),{})`;
  const inFolder = `new Worker(new URL("../server/session_worker.js",import.meta.url),{})`;
  assertEquals(pointToBundledWorkers("serve-A.js", source), inRoot);
  assertEquals(pointToBundledWorkers("server/a.js", source), inFolder);
  const other = `new URL("./unknown_worker.ts",import.meta.url)`;
  assertEquals(pointToBundledWorkers("main.js", other), other);
});
