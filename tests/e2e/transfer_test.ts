import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Child } from "../../tools/child.ts";
import type { Office } from "../../tools/office.ts";
import { withOffice } from "./shared_office.ts";

const SEPARATOR = "From bob@example.org Tue Nov 24 03:51:32 2026\n";

async function readText(path: string): Promise<string> {
  return new TextDecoder("latin1").decode(await Deno.readFile(path));
}

/** An mbox of so many foreign mails. */
function mbox(count: number): string {
  const mails = Array.from(
    { length: count },
    (_, i) => `${SEPARATOR}Subject: old ${i}\nFrom: Eve <eve@example.org>\n\nText ${i}.\n\n`,
  );
  return mails.join("");
}

/** Waits for a change in a folder, or for the end of the child. */
async function untilChanged(
  folder: string,
  child: Child,
  isIt: (paths: string[]) => boolean,
): Promise<void> {
  const watcher = Deno.watchFs(folder);
  let isOpen = true;
  const close = () => {
    if (isOpen) watcher.close();
    isOpen = false;
  };
  child.finished.finally(close);
  for await (const { paths } of watcher) {
    if (isIt(paths)) break;
  }
  isOpen = false;
}

async function sendSome(office: Office): Promise<void> {
  await office.must(["send", "bob", "--title", "Plans", "--body", "From here on\n"], {
    user: "alice",
  });
  await office.must(["send", "bob", "--title", "Bell \x07", "--body", "a\x1b[2Jb"], {
    user: "alice",
  });
}

Deno.test("program: export, import elsewhere, export again: the same file", async () => {
  await withOffice(async (office) => {
    await sendSome(office);
    const told = await office.must(["export", "--output", "bob.mbox"], { user: "bob" });
    assertEquals(told, "2 mails exported to bob.mbox\n");
    const imported = await office.must(["import", "bob.mbox"], { user: "carol" });
    assertEquals(imported, "2 mails imported, 0 were there already\n");
    await office.must(["export", "--output", "carol.mbox"], { user: "carol" });
    const file = (name: string) => readText(`${office.folder}/${name}`);
    assertEquals(await file("carol.mbox"), await file("bob.mbox"));
    // Imported mail is not from alice, whoever its header names.
    const list = JSON.parse(await office.must(["list", "--json"], { user: "carol" }));
    assertEquals(
      list.map(({ from, contact }: Record<string, unknown>) => [from, contact]),
      [
        ["alice@mailsec.invalid", null],
        ["alice@mailsec.invalid", null],
      ],
    );
    const again = await office.must(["import", "carol.mbox"], { user: "bob" });
    assertEquals(again, "0 mails imported, 2 were there already\n");
  });
});

Deno.test("program: import tells file, mail and byte of what cannot be read, and goes on", async () => {
  await withOffice(async (office) => {
    const good = mbox(2);
    await Deno.writeTextFile(`${office.folder}/old.mbox`, `${good}${SEPARATOR}\n${mbox(1)}`);
    await Deno.writeTextFile(`${office.folder}/odd\x1b[2J.txt`, "no mail\n");
    const args = ["import", "old.mbox", "odd\x1b[2J.txt", "--folder", "Old"];
    const dry = await office.must([...args, "--dry-run", "--json"], { user: "bob" });
    const { imported, duplicates, dryRun, newFolders, problems } = JSON.parse(dry);
    assertEquals([imported, duplicates, dryRun, newFolders], [2, 1, true, ["Old"]]);
    assertEquals(problems.map(({ mail, offset }: Record<string, unknown>) => [mail, offset]), [
      [3, good.length],
      [undefined, undefined],
    ]);
    assert(!dry.includes("\x1b"));
    const text = await office.must(args, { user: "bob" });
    assertStringIncludes(text, "2 mails imported, 1 were there already\nNew folders: Old\n2 could");
    assertMatch(text, /old\.mbox, mail 3 \(byte \d+\): there is nothing after its first line/);
    assertStringIncludes(text, "odd␛[2J.txt: it is not an mbox");
    const exported = await office.must(["export", "in:old", "-o", "Old"], { user: "bob" });
    assertEquals(exported, "2 mails exported to Old\n");
    const nothing = await office.run(["import", "nowhere"], { user: "bob" });
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.stdout, "nowhere: there is no such file");
  });
});

Deno.test("program: --output - gives the very bytes of one mail, and of nothing else", async () => {
  await withOffice(async (office) => {
    await Deno.writeTextFile(
      `${office.folder}/one.eml`,
      "Subject: raw\r\n\r\n\x1b[2Jbell\x07 From \x00 end",
    );
    await office.must(["import", "one.eml"], { user: "bob" });
    const args = ["export", "title:raw", "--format", "eml", "--output", "-"];
    assertEquals(
      await office.must(args, { user: "bob" }),
      await readText(`${office.folder}/one.eml`),
    );
    const usage: string[][] = [
      ["export"],
      ["export", "--output", "-"],
      ["export", "--format", "eml", "--output", "-"],
      ["export", "title:raw", "--format", "eml", "--output", "-", "--json"],
      ["export", "--format", "pst", "--output", "x"],
      ["import"],
    ];
    for (const words of usage) assertEquals((await office.run(words, { user: "bob" })).code, 2);
    const none = await office.run(["export", "title:none", ...args.slice(2)], { user: "bob" });
    assertEquals([none.code, none.stdout], [1, ""]);
  });
});

Deno.test("program: an existing output is refused, an interrupted export is gone on with", async () => {
  await withOffice(async (office) => {
    await Deno.writeTextFile(`${office.folder}/old.mbox`, mbox(300));
    await office.must(["import", "old.mbox"], { user: "bob" });
    const refused = await office.run(["export", "--output", "old.mbox"], { user: "bob" });
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "it is kept as it is");
    assertEquals(await readText(`${office.folder}/old.mbox`), mbox(300));
    await office.must(["export", "--output", "whole"], { user: "bob" });
    const child = office.start(["export", "--output", "part"], { user: "bob" });
    const state = `${office.folder}/part.mailsec-export`;
    // Killed as soon as it has begun, wherever it is then.
    await untilChanged(office.folder, child, (paths) => paths.includes(state));
    child.kill("SIGKILL");
    await child.finished;
    await office.must(["export", "--output", "part"], { user: "bob" });
    const file = (name: string) => readText(`${office.folder}/${name}`);
    assertEquals(await file("part"), await file("whole"));
    assertEquals(await Deno.stat(state).catch(() => "gone"), "gone");
  });
});

Deno.test("program: an interrupted import is gone on with, and nothing is there twice", async () => {
  await withOffice(async (office) => {
    await Deno.writeTextFile(`${office.folder}/old.mbox`, mbox(400));
    const child = office.start(["import", "old.mbox", "--json"], { user: "bob" });
    let writes = 0;
    await untilChanged(office.data, child, () => ++writes > 20);
    child.kill("SIGINT");
    const { stdout } = await child.finished;
    const first = stdout === "" ? 0 : JSON.parse(stdout).imported;
    const second = JSON.parse(await office.must(["import", "old.mbox", "--json"], { user: "bob" }));
    assertEquals(second.imported + second.duplicates, 400);
    assert(second.duplicates >= first);
    await office.must(["export", "in:Imported", "--output", "all"], { user: "bob" });
    const titles = (await readText(`${office.folder}/all`)).match(/^Subject: .*$/gm)!;
    assertEquals([titles.length, new Set(titles).size], [400, 400]);
  });
});
