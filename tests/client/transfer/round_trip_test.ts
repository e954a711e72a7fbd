import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { utf8 } from "../../../crypto/bytes.ts";
import { ConnectError } from "../../../client/errors.ts";
import { Exporter } from "../../../client/transfer/exporter.ts";
import { Importer } from "../../../client/transfer/importer.ts";
import { MailRefused } from "../../../client/transfer/import_target.ts";
import { TransferError } from "../../../client/transfer/transfer_error.ts";
import {
  type ExportOptions,
  type ExportResult,
  type ImportOptions,
  type ImportResult,
  TRANSFER_FORMATS,
  type TransferFormat,
} from "../../../client/transfer/types.ts";
import { tree, withFolder } from "./disk.ts";
import { FakeMailbox } from "./fake_mailbox.ts";
import { folderName, NOW, trickyBytes } from "./mail_values.ts";

function exportTo(
  mailbox: FakeMailbox,
  output: string,
  format: TransferFormat,
  options: Partial<ExportOptions> = {},
): Promise<ExportResult> {
  return new Exporter(mailbox, { output, format, ...options }).run();
}

function importFrom(
  mailbox: FakeMailbox,
  paths: string[],
  options: Partial<ImportOptions> = {},
): Promise<ImportResult> {
  return new Importer(mailbox, { paths, ...options }).run();
}

async function filled(count: number): Promise<FakeMailbox> {
  const mailbox = new FakeMailbox();
  await mailbox.addFolder("Work/Plans & more");
  const folders = ["inbox", "sent", "work/plans & more", "trash", "drafts"] as const;
  for (let i = 0; i < count; i++) {
    await mailbox.add({
      bytes: utf8(`From: bob@example.org\nSubject: mail ${i}\n\nFrom me: ${i}\n`),
      statedDate: NOW + 1000 * (i % 7),
      fallbackDate: 0,
      flags: new Set(i % 2 === 0 ? ["read", "flagged"] : ["answered"]),
      folders: [folders[i % folders.length]!],
    });
  }
  return mailbox;
}

Deno.test("transfer: any mails in any folders go out and in with every byte, and out again as the same files", async () => {
  const mails = fc.array(
    fc.record({
      bytes: trickyBytes,
      statedDate: fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000),
      folders: fc.uniqueArray(folderName, {
        minLength: 1,
        maxLength: 3,
        selector: (name) => name.toLowerCase(),
      }),
      flags: fc.subarray(["read", "answered", "forwarded", "flagged"] as const),
    }),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(mails, fc.constantFrom(...TRANSFER_FORMATS), async (mails, format) => {
      await withFolder(async (folder) => {
        const first = new FakeMailbox();
        for (const mail of mails) {
          const ids: string[] = [];
          for (const name of mail.folders) {
            ids.push((first.findFolder(name) ?? await first.addFolder(name)).id);
          }
          const folders = ids as [string, ...string[]];
          await first.add({ ...mail, fallbackDate: 0, flags: new Set(mail.flags), folders });
        }
        const { exported, problems } = await exportTo(first, `${folder}/1`, format);
        assertEquals([exported, problems], [mails.length, []]);
        const second = new FakeMailbox();
        const result = await importFrom(second, [`${folder}/1`]);
        assertEquals(result.problems, []);
        const contents = (mailbox: FakeMailbox) =>
          new Set(mailbox.essence().map(({ contentHash }) => contentHash));
        assertEquals(contents(second), contents(first));
        if (contents(first).size < mails.length) return;
        // Each in its folders; which one it is at home in, files cannot tell but for an mbox.
        const sorted = (mailbox: FakeMailbox) =>
          mailbox.essence().map((mail) => ({ ...mail, folders: mail.folders.sort() }));
        assertEquals(sorted(second), sorted(first));
        await exportTo(second, `${folder}/2`, format);
        assertEquals(await tree(`${folder}/2`), await tree(`${folder}/1`));
      });
    }),
    { numRuns: 120 },
  );
});

for (const format of TRANSFER_FORMATS) {
  Deno.test(`transfer: ${format}: an export that is broken off anywhere goes on and ends as one that was not`, async () => {
    await withFolder(async (folder) => {
      const mailbox = await filled(200);
      await exportTo(mailbox, `${folder}/whole`, format);
      const whole = await tree(`${folder}/whole`);
      for (const at of [0, 1, 63, 64, 65, 130, 199]) {
        const output = `${folder}/${at}`;
        let left = at;
        mailbox.beforeRaw = () => {
          if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
        };
        await assertRejects(() => exportTo(mailbox, output, format), ConnectError);
        mailbox.beforeRaw = () => {};
        const { exported, interrupted } = await exportTo(mailbox, output, format);
        assertEquals([exported, interrupted], [200, false]);
        assertEquals(await tree(output), whole, `broken off after ${at}`);
      }
      assertEquals([...Deno.readDirSync(folder)].filter(({ name }) => /mailsec/.test(name)), []);
    });
  });

  Deno.test(`transfer: ${format}: who removes what an export has left begins anew`, async () => {
    await withFolder(async (folder) => {
      const mailbox = await filled(100);
      const output = `${folder}/removed`;
      let left = 80;
      mailbox.beforeRaw = () => {
        if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
      };
      await assertRejects(() => exportTo(mailbox, output, format), ConnectError);
      mailbox.beforeRaw = () => {};
      await Deno.remove(output, { recursive: true });
      assertEquals((await exportTo(mailbox, output, format)).exported, 100);
      await exportTo(mailbox, `${folder}/whole`, format);
      assertEquals(await tree(output), await tree(`${folder}/whole`));
    });
  });

  Deno.test(`transfer: ${format}: what a crash has left behind the last note does not count`, async () => {
    await withFolder(async (folder) => {
      const mailbox = await filled(100);
      await exportTo(mailbox, `${folder}/whole`, format);
      const output = `${folder}/crashed`;
      let left = 80;
      mailbox.beforeRaw = () => {
        if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
      };
      await assertRejects(() => exportTo(mailbox, output, format), ConnectError);
      mailbox.beforeRaw = () => {};
      // Half a note, and half a mail.
      await Deno.writeTextFile(`${output}.mailsec-export`, '{"done":{"mai', { append: true });
      if (format === "mbox") await Deno.writeTextFile(output, "From half", { append: true });
      else if (format === "maildir") await Deno.writeTextFile(`${output}/tmp/77`, "half");
      else {
        await Deno.mkdir(`${output}/.unfinished`, { recursive: true });
        await Deno.writeTextFile(`${output}/.unfinished/77`, "half");
      }
      const { before } = await exportTo(mailbox, output, format);
      assertEquals(before, 64);
      assertEquals(await tree(output), await tree(`${folder}/whole`));
    });
  });

  Deno.test(`transfer: ${format}: a mail whose flags, folder and title change while an export is broken off is there once`, async () => {
    await withFolder(async (folder) => {
      const mailbox = await filled(10);
      let left = 8;
      mailbox.beforeRaw = () => {
        if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
      };
      await assertRejects(() => exportTo(mailbox, `${folder}/1`, format), ConnectError);
      mailbox.beforeRaw = () => {};
      for (const [index, mail] of mailbox.mails) {
        mailbox.mails.set(index, { ...mail, flags: new Set(["forwarded"]), folders: ["archive"] });
      }
      await exportTo(mailbox, `${folder}/1`, format);
      const second = new FakeMailbox();
      const { imported, duplicates } = await importFrom(second, [`${folder}/1`]);
      assertEquals([imported, duplicates], [10, 0]);
      assertEquals(second.essence(), mailbox.essence());
    });
  });

  Deno.test(`transfer: ${format}: what is there already is never touched`, async () => {
    await withFolder(async (folder) => {
      const mailbox = await filled(3);
      const output = `${folder}/mine`;
      for (const make of ["file", "folder", "link"]) {
        if (make === "file") await Deno.writeTextFile(output, "mine");
        if (make === "folder") await Deno.mkdir(output);
        if (make === "link") await Deno.symlink(`${folder}/nowhere`, output);
        const before = JSON.stringify(await Deno.lstat(output));
        const error = await assertRejects(() => exportTo(mailbox, output, format), TransferError);
        assertEquals(error.code, "output_exists");
        assertEquals(JSON.stringify(await Deno.lstat(output)), before);
        assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["mine"]);
        await Deno.remove(output, { recursive: true });
      }
    });
  });

  Deno.test(`transfer: ${format}: an unfinished export is not gone on with by another one`, async () => {
    await withFolder(async (folder) => {
      const mailbox = await filled(10);
      const output = `${folder}/1`;
      mailbox.beforeRaw = () => {
        throw new ConnectError("lost", "The connection was lost.");
      };
      await assertRejects(() => exportTo(mailbox, output, format), ConnectError);
      const other = TRANSFER_FORMATS.find((candidate) => candidate !== format)!;
      for (
        const attempt of [
          () => exportTo(mailbox, output, format, { query: "from:bob" }),
          () => exportTo(mailbox, output, other),
          () => exportTo(Object.assign(mailbox, { account: "somebody else" }), output, format),
        ]
      ) {
        const error = await assertRejects(attempt, TransferError);
        assertEquals(error.code, "output_exists");
      }
    });
  });
}

Deno.test("transfer: two exports to one output at the same time do not mix", async () => {
  await withFolder(async (folder) => {
    const mailbox = await filled(10);
    let second: Promise<unknown> | null = null;
    mailbox.beforeRaw = () => {
      second ??= assertRejects(() => exportTo(mailbox, `${folder}/1`, "mbox"), TransferError);
    };
    // What the second one is told does not end the first.
    mailbox.raw = ((raw) => async (index: number) => {
      const bytes = await raw.call(mailbox, index);
      await second;
      return bytes;
    })(mailbox.raw);
    const { exported } = await exportTo(mailbox, `${folder}/1`, "mbox");
    assertEquals(exported, 10);
    const error = await second! as TransferError;
    assertEquals(error.code, "output_busy");
  });
});

Deno.test("transfer: an unfinished mbox that has become shorter is not gone on with", async () => {
  await withFolder(async (folder) => {
    const mailbox = await filled(100);
    let left = 70;
    mailbox.beforeRaw = () => {
      if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
    };
    await assertRejects(() => exportTo(mailbox, `${folder}/1`, "mbox"), ConnectError);
    mailbox.beforeRaw = () => {};
    await Deno.truncate(`${folder}/1`, 100);
    const error = await assertRejects(
      () => exportTo(mailbox, `${folder}/1`, "mbox"),
      TransferError,
    );
    assertEquals(error.code, "output_changed");
  });
});

Deno.test("transfer: rejected, lost and damaged mails are reported, in every run, and not exported", async () => {
  await withFolder(async (folder) => {
    const mailbox = await filled(100);
    const place = { file: "mail 7", mail: null, offset: null };
    mailbox.rejected = [{ kind: "problem", place, reason: "it was rejected" }];
    const [first] = mailbox.mails.keys();
    let left = 80;
    mailbox.beforeRaw = (index) => {
      if (index === first) throw new TransferError("file", "It is damaged.");
      if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
    };
    await assertRejects(() => exportTo(mailbox, `${folder}/1`, "mbox"), ConnectError);
    mailbox.beforeRaw = () => {};
    const order = (mail: { date: number; contentHash: string }) =>
      `${mail.date} ${mail.contentHash}`;
    const [gone] = [...mailbox.mails].sort(([, a], [, b]) => order(a) < order(b) ? 1 : -1)[0]!;
    mailbox.mails.delete(gone);
    const { exported, problems } = await exportTo(mailbox, `${folder}/1`, "mbox");
    assertEquals(exported, 98);
    assertEquals(problems.map(({ place, reason }) => `${place.file}: ${reason}`), [
      "mail 7: it was rejected",
      `mail ${first}: It is damaged`,
      `mail ${gone}: it is not in the mailbox any more`,
    ]);
  });
});

Deno.test("transfer: an export that is told to end says so, and the same command goes on", async () => {
  await withFolder(async (folder) => {
    const mailbox = await filled(100);
    const controller = new AbortController();
    let left = 30;
    mailbox.beforeRaw = () => {
      if (left-- === 0) controller.abort();
    };
    const { signal } = controller;
    const first = await exportTo(mailbox, `${folder}/1`, "maildir", { signal });
    assert(first.interrupted && first.exported > 0 && first.exported < 100);
    const second = await exportTo(mailbox, `${folder}/1`, "maildir");
    assertEquals([second.exported, second.before], [100, first.exported]);
  });
});

Deno.test("transfer: a second import finds everything there", async () => {
  await withFolder(async (folder) => {
    await exportTo(await filled(50), `${folder}/1`, "mbox");
    const second = new FakeMailbox();
    assertEquals((await importFrom(second, [`${folder}/1`])).imported, 50);
    const again = await importFrom(second, [`${folder}/1`, `${folder}/1`]);
    assertEquals([again.imported, again.duplicates], [0, 100]);
    assertEquals(second.mails.size, 50);
  });
});

Deno.test("transfer: an import that is broken off is gone on with", async () => {
  await withFolder(async (folder) => {
    const first = await filled(100);
    await exportTo(first, `${folder}/1`, "mbox");
    const second = new FakeMailbox();
    let left = 40;
    second.beforeAdd = () => {
      if (left-- === 0) throw new ConnectError("lost", "The connection was lost.");
    };
    await assertRejects(() => importFrom(second, [`${folder}/1`]), ConnectError);
    second.beforeAdd = () => {};
    const { imported, duplicates } = await importFrom(second, [`${folder}/1`]);
    assertEquals(imported + duplicates, 100);
    assert(duplicates >= 39);
    assertEquals(second.essence(), first.essence());
  });
});

Deno.test("transfer: a mail that is refused is reported with its place, and the others come in", async () => {
  await withFolder(async (folder) => {
    await exportTo(await filled(5), `${folder}/1`, "mbox");
    const second = new FakeMailbox();
    let count = 0;
    second.beforeAdd = () => {
      if (++count === 2) throw new MailRefused("the server does not take it");
    };
    const { imported, problems } = await importFrom(second, [`${folder}/1`]);
    assertEquals(imported, 4);
    assertEquals(problems.map(({ place, reason }) => [place.mail, reason]), [
      [2, "the server does not take it"],
    ]);
    assert(problems[0]!.place.offset! > 0);
  });
});

Deno.test("transfer: a dry run changes nothing and reports the same", async () => {
  await withFolder(async (folder) => {
    await exportTo(await filled(20), `${folder}/1`, "maildir");
    await Deno.writeTextFile(`${folder}/2.mbox`, "no mbox\n");
    const second = new FakeMailbox();
    const paths = [`${folder}/1`, `${folder}/2.mbox`];
    const dry = await importFrom(second, paths, { dryRun: true });
    assertEquals([second.mails.size, second.folders.size], [0, 5]);
    assertEquals(await importFrom(second, paths), dry);
    assertEquals(second.mails.size, 20);
  });
});

Deno.test("transfer: --folder takes all mail to one folder, also what a file calls deleted", async () => {
  await withFolder(async (folder) => {
    await exportTo(await filled(20), `${folder}/1`, "maildir");
    const second = new FakeMailbox();
    const { newFolders } = await importFrom(second, [`${folder}/1`], { folder: "Old" });
    assertEquals(newFolders, ["Old"]);
    assertEquals(new Set(second.essence().flatMap(({ folders }) => folders)), new Set(["Old"]));
  });
});

Deno.test("transfer: a folder that cannot be made loses no mail", async () => {
  await withFolder(async (folder) => {
    const first = new FakeMailbox();
    const long = "x".repeat(70);
    first.folders.set(long, long);
    await first.add({
      bytes: utf8("Subject: x\n\n"),
      statedDate: NOW,
      fallbackDate: 0,
      flags: new Set(),
      folders: [long],
    });
    await exportTo(first, `${folder}/1`, "mbox");
    const second = new FakeMailbox();
    const { imported, problems, newFolders } = await importFrom(second, [`${folder}/1`]);
    assertEquals([imported, newFolders], [1, ["Imported"]]);
    assertEquals(problems.map(({ reason }) => reason), [
      "its mail goes to Imported: The name is too long",
    ]);
  });
});

Deno.test("transfer: exported mail can be read by its owner only", async () => {
  if (Deno.build.os === "windows") return;
  await withFolder(async (folder) => {
    const mailbox = await filled(5);
    for (const format of TRANSFER_FORMATS) {
      const output = `${folder}/${format}`;
      await exportTo(mailbox, output, format);
      const paths = ["", ...(await tree(output)).keys()].map((name) => `${output}/${name}`);
      for (const path of paths) {
        const { mode } = await Deno.stat(path.replace(/\/+$/, ""));
        assertEquals(mode! & 0o077, 0, path);
      }
    }
  });
});
