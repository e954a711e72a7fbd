/** Folders of the tests of export and import. */

export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-transfer-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every file below a path, by relative path, as Latin-1; of a file its content under "". */
export async function tree(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await walk(path, "", found);
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

async function walk(path: string, name: string, found: Map<string, string>): Promise<void> {
  const info = await Deno.lstat(path);
  if (!info.isDirectory) {
    found.set(name, new TextDecoder("latin1").decode(await Deno.readFile(path)));
    return;
  }
  if (name !== "") found.set(`${name}/`, "");
  for await (const entry of Deno.readDir(path)) {
    await walk(`${path}/${entry.name}`, name === "" ? entry.name : `${name}/${entry.name}`, found);
  }
}
