import { assert, assertEquals } from "@std/assert";
import { vaultPermissions } from "../../server/vault_link.ts";
import { startTestServer } from "./harness.ts";

async function probe(
  permissions: Deno.PermissionOptions,
  dataDir: string,
): Promise<Record<string, string>> {
  const worker = new Worker(new URL("./workers/probe_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions },
  });
  try {
    worker.postMessage(dataDir);
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("compartments: with a session worker's permissions nothing of the machine is in reach", async () => {
  await using server = await startTestServer();
  const result = await probe("none", server.dataDir);
  for (const [attempt, outcome] of Object.entries(result)) {
    assertEquals(outcome, "NotCapable", attempt);
  }
  assert(Object.keys(result).length >= 13);
});

Deno.test("compartments: every worker is started with what it needs, and only there", async () => {
  const places: string[] = [];
  for (const folder of ["server", "protocol", "crypto", "mailstore", "client", "cli"]) {
    for await (const path of sources(new URL(`../../${folder}/`, import.meta.url))) {
      const text = await Deno.readTextFile(path);
      for (const [start] of text.matchAll(/new Worker\([^;]*;/g)) {
        places.push(start.replace(/\s+/g, " "));
      }
    }
  }
  assertEquals(places.sort(), [
    'new Worker(new URL("./password_worker.ts", import.meta.url), ' +
    '{ type: "module", deno: { permissions: "none" }, });',
    'new Worker(new URL("./session_worker.ts", import.meta.url), ' +
    '{ type: "module", deno: { permissions: "none" }, });',
    'new Worker(new URL("./vault_worker.ts", import.meta.url), ' +
    '{ type: "module", deno: { permissions: vaultPermissions(settings.data) }, });',
  ]);
});

Deno.test("compartments: the vault's permissions end at the data folder", async () => {
  await using server = await startTestServer();
  const result = await probe(vaultPermissions(server.dataDir), server.dataDir);
  const allowed = Object.keys(result).filter((name) => result[name] === "allowed");
  assertEquals(allowed, ["readData", "writeData"]);
});

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) yield* sources(new URL(`${entry.name}/`, folder));
    else if (entry.name.endsWith(".ts")) yield new URL(entry.name, folder);
  }
}
