import { assertEquals, assertThrows } from "@std/assert";
import {
  dataPaths,
  isSetUp,
  lockDataFolder,
  prepareDataFolder,
  writeFileSafely,
} from "../../server/data_folder.ts";
import { DataFolderError } from "../../server/errors.ts";

async function withFolder(use: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-" });
  try {
    use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("data folder: a first start that was killed while keys were made can be made again", () =>
  withFolder((folder) => {
    const paths = dataPaths(folder);
    prepareDataFolder(paths);
    lockDataFolder(paths).close();
    Deno.writeFileSync(`${folder}/server.key.new`, new Uint8Array(10), { mode: 0o600 });
    Deno.writeTextFileSync(`${folder}/mailsec.toml`, "");
    prepareDataFolder(paths);
    lockDataFolder(paths).close();
    writeFileSafely(paths.keyFile, new Uint8Array(20));
    assertEquals(isSetUp(paths), true);
    assertThrows(() => Deno.statSync(`${folder}/server.key.new`), Deno.errors.NotFound);
  }));

Deno.test("data folder: mail without keys, or anything of somebody else's, is not taken over", () => {
  const names = ["mail.db", "address", "diary.txt", "lock.new", "server.key.new2"];
  return withFolder((folder) => {
    for (const name of names) {
      Deno.writeTextFileSync(`${folder}/${name}`, "");
      const prepare = () => prepareDataFolder(dataPaths(folder));
      assertThrows(prepare, DataFolderError, "other things", name);
      Deno.removeSync(`${folder}/${name}`);
    }
  });
});
