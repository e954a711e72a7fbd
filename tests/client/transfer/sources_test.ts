import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { utf8 } from "../../../crypto/bytes.ts";
import { amountOf, readPath } from "../../../client/transfer/sources.ts";
import { withFolder } from "./disk.ts";
import { collect } from "./mail_values.ts";

const OPTIONS = { maxMailBytes: 10_000 };
const SEPARATOR = "From bob@example.org Tue Nov 24 03:51:32 2026\n";

/** What a path has, a line each: `folder: subject` of mails, `!name: reason` of problems. */
async function read(path: string, options = OPTIONS): Promise<string[]> {
  const found = await collect(readPath(path, options));
  return found.map((item) => {
    if (item.kind === "problem") {
      return `!${item.place.file.replace(/^.*\//s, "")}: ${item.reason}`;
    }
    const text = new TextDecoder().decode(item.bytes);
    return `${item.folders.join("+")}: ${/^Subject: (.*)$/m.exec(text)?.[1] ?? text}`;
  });
}

async function maildir(path: string, ...parts: string[]): Promise<void> {
  for (const part of ["cur", "new", "tmp", ...parts]) {
    await Deno.mkdir(`${path}/${part}`, { recursive: true });
  }
}

function mail(subject: string): string {
  return `Subject: ${subject}\n\nbody\n`;
}

Deno.test("sources: a Maildir, its subfolders, flags and dates", async () => {
  await withFolder(async (folder) => {
    await maildir(folder, ".Work.Plans/cur", ".Work.Plans/new", ".Odd");
    await Deno.writeTextFile(`${folder}/cur/1764000000.a.host:2,RS`, mail("one"));
    await Deno.writeTextFile(`${folder}/new/1764000001.b.host`, mail("two"));
    await Deno.writeTextFile(`${folder}/tmp/1764000002.c.host`, mail("never delivered"));
    await Deno.writeTextFile(`${folder}/.Work.Plans/cur/nodate:2,F`, mail("three"));
    await Deno.writeTextFile(`${folder}/dovecot-uidlist`, "3 V1");
    const found = await collect(readPath(folder, OPTIONS));
    const lines = found.map((item) => {
      if (item.kind === "problem") return item.reason;
      return `${item.folders} ${[...item.flags]} ${item.statedDate} ${item.fallbackDate}`;
    });
    const modified = (await Deno.stat(`${folder}/.Work.Plans/cur/nodate:2,F`)).mtime!.getTime();
    assertEquals(lines, [
      "inbox  null 1764000001000",
      "inbox answered,read null 1764000000000",
      `Work/Plans flagged null ${modified}`,
    ]);
    assertEquals((await amountOf([folder])).totalBytes, null);
  });
});

Deno.test("sources: a folder of .eml files and mbox files, to any depth; folders have their names", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/Work/Plans`, { recursive: true });
    await Deno.writeTextFile(`${folder}/loose.eml`, mail("loose"));
    await Deno.writeTextFile(`${folder}/Work/a.EML`, mail("work"));
    await Deno.writeTextFile(`${folder}/Work/Plans/old.mbox`, `${SEPARATOR}${mail("old")}`);
    await Deno.writeTextFile(`${folder}/Work/notes.txt`, "Subject: not a mail of mine");
    await Deno.writeTextFile(`${folder}/Work/.DS_Store`, "x");
    await maildir(`${folder}/Other`, ".Sub/cur", ".Sub/new");
    await Deno.writeTextFile(`${folder}/Other/cur/1.x`, mail("other"));
    await Deno.writeTextFile(`${folder}/Other/.Sub/cur/1.x`, mail("sub"));
    assertEquals(await read(folder), [
      "Other: other",
      "Other/Sub: sub",
      "Work/Plans/old: old",
      "Work: work",
      "!notes.txt: it is neither an mbox nor an .eml file",
      ": loose",
    ]);
  });
});

Deno.test("sources: a file that is named is an mbox, or a mail, or an error", async () => {
  await withFolder(async (folder) => {
    const files: [string, string, string[]][] = [
      ["archive", `\n${SEPARATOR}${mail("one")}\n${SEPARATOR}${mail("two")}`, [": one", ": two"]],
      ["message.txt", mail("plain"), [": plain"]],
      ["x.eml", `${SEPARATOR}${mail("with separator")}`, ["!x.eml: it is no mail"]],
      ["y.eml", "no mail at all", ["!y.eml: it is no mail"]],
      ["z", "no mail at all\n", ["!z: it is not an mbox"]],
      ["empty", "", []],
      ["empty.eml", "", ["!empty.eml: it is no mail"]],
    ];
    for (const [name, text, expected] of files) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      const found = await read(`${folder}/${name}`);
      assertEquals(found.length, expected.length, name);
      found.forEach((line, i) => assertStringIncludes(line, expected[i]!));
    }
    assertEquals(await read(`${folder}/nothing`), ["!nothing: there is no such file"]);
  });
});

Deno.test("sources: links, FIFOs and devices in a folder are reported, never opened", async () => {
  await withFolder(async (folder) => {
    const secret = `${folder}/secret`;
    await Deno.writeTextFile(secret, mail("secret"));
    const source = `${folder}/source`;
    await maildir(`${source}/md`);
    await Deno.symlink(secret, `${source}/md/cur/1.link:2,S`);
    await Deno.symlink(secret, `${source}/link.eml`);
    await Deno.symlink(folder, `${source}/up`);
    await Deno.symlink(`${source}/md`, `${source}/md/.Linked`);
    const fifos = [`${source}/md/new/2.fifo`, `${source}/fifo.eml`];
    const { code } = await new Deno.Command("mkfifo", { args: fifos }).output();
    assertEquals(code, 0);
    await Deno.mkdir(`${source}/md/cur/a-folder`);
    assertEquals((await read(source)).sort(), [
      "!.Linked: it is a symbolic link, which is not followed",
      "!1.link:2,S: it is a symbolic link, which is not followed",
      "!2.fifo: it is not a regular file",
      "!a-folder: it is not a regular file",
      "!fifo.eml: it is not a regular file",
      "!link.eml: it is a symbolic link, which is not followed",
      "!up: it is a symbolic link, which is not followed",
    ]);
    assertEquals(await read(fifos[1]!), ["!fifo.eml: it is not a regular file"]);
    assertEquals(await read("/dev/zero"), ["!zero: it is not a regular file"]);
    // A link that the user has named is meant.
    assertEquals(await read(`${source}/link.eml`), [": secret"]);
  });
});

Deno.test("sources: files that may not be read are reported, and the others are read", async () => {
  if (Deno.uid() === 0) {
    // root may read everything: then at least a folder that cannot be entered at all.
    await withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/x.eml`, mail("x"));
      assertEquals(await read(`${folder}/x.eml/y`), ["!y: Not a directory"]);
    });
    return;
  }
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.eml`, mail("a"));
    await Deno.writeTextFile(`${folder}/b.eml`, mail("b"));
    await Deno.chmod(`${folder}/a.eml`, 0);
    assertEquals(await read(folder), ["!a.eml: it may not be read", ": b"]);
  });
});

Deno.test("sources: a file larger than a mail may be is not read", async () => {
  await withFolder(async (folder) => {
    await maildir(folder);
    for (const [name, size] of [["1.fits", 10_000], ["2.large", 10_001]] as const) {
      const bytes = new Uint8Array(size).fill(0x78);
      bytes.set(utf8("Subject: x\n\n"));
      await Deno.writeFile(`${folder}/cur/${name}`, bytes);
    }
    assertEquals(await read(folder), [
      "inbox: x",
      "!2.large: it is larger than the server takes: 10,001 bytes",
    ]);
  });
});

Deno.test("sources: names that would lead out of a folder stay names", async () => {
  await withFolder(async (folder) => {
    await maildir(folder, ".&AC4ALg-.&AC4ALg-.etc/cur", ".&AC4ALg-.&AC4ALg-.etc/new");
    await Deno.writeTextFile(`${folder}/.&AC4ALg-.&AC4ALg-.etc/cur/1.x:2,../../x`, mail("out"));
    assertEquals(await read(folder), ["../../etc: out"]);
  });
});

Deno.test("sources: a folder that links to itself, or is deep beyond measure, comes to an end", async () => {
  await withFolder(async (folder) => {
    const deep = `${folder}/${"d/".repeat(40)}`;
    await Deno.mkdir(deep, { recursive: true });
    await Deno.writeTextFile(`${deep}x.eml`, mail("deep"));
    await Deno.symlink(folder, `${folder}/self`);
    const found = await read(folder);
    assertEquals(found, [
      "!d: the folders are too deep",
      "!self: it is a symbolic link, which is not followed",
    ]);
    const { totalMails } = await amountOf([folder]);
    assert(totalMails !== null);
  });
});
