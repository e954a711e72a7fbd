import { assert, assertEquals } from "@std/assert";
import { utf8 } from "../../../crypto/bytes.ts";
import type { Account } from "../../../client/account.ts";
import { login } from "../../../client/login.ts";
import { TRANSFER_FORMATS } from "../../../client/transfer/types.ts";
import { Office, PASSWORD } from "../people.ts";
import { tree, withFolder } from "./disk.ts";
import { type TransferOf, transferOf } from "./people_parts.ts";

const SEPARATOR = "From bob@example.org Tue Nov 24 03:51:32 2026\n";

async function accountOf(office: Office, user: string): Promise<Account> {
  return await login({
    ...{ address: office.address, user, password: PASSWORD },
    config: office.configOf(crypto.randomUUID()),
    confirmServer: () => Promise.resolve(true),
  });
}

/** Runs with a transfer of a new session of each user; all are closed whatever happens. */
async function withTransfers(
  office: Office,
  users: string[],
  use: (transfers: TransferOf[]) => Promise<void>,
): Promise<void> {
  const accounts: Account[] = [];
  try {
    for (const user of users) accounts.push(await accountOf(office, user));
    await use(accounts.map(transferOf));
  } finally {
    for (const account of accounts) await account.close();
  }
}

const FOREIGN = [
  "Subject: =?utf-8?q?Ob=C4=9Bd?=\nFrom: Bob <bob@example.org>\nTo: a@x.org, Team: c@x.org;\n" +
  "Date: Mon, 02 Feb 2009 10:11:12 +0100\nMessage-ID: <one@example.org>\n\nAhoj!\n>From here on\n",
  "Subject: Re: lunch\r\nFrom: eve@example.org\r\nReferences: <one@example.org>\r\n" +
  "In-Reply-To: <one@example.org>\r\nStatus: RO\r\nX-Status: AF\r\n\r\nno line end",
  "garbage that is no header at all\0\x01\xff\n",
];

Deno.test("transfer with a server: mail of another program keeps bytes, date, thread, flags, and nobody vouches for it", async () => {
  await using office = await Office.open();
  await office.join("alice");
  await withFolder(async (folder) => {
    const mbox = FOREIGN.map((mail) => `${SEPARATOR}${mail}\n${mail.endsWith("\n") ? "" : "\n"}`);
    await Deno.writeTextFile(`${folder}/old.mbox`, mbox.join("").replaceAll("\n>From", "\n>>From"));
    await withTransfers(office, ["alice"], async ([alice]) => {
      const { transfer, index } = alice!;
      const first = await transfer.import({ paths: [`${folder}/old.mbox`] });
      assertEquals([first.imported, first.problems, first.newFolders], [3, [], ["Imported"]]);
      await index.sync();
      const rows = [...index.indexes()].map((number) => index.row(number)!);
      const byTitle = (title: string) => rows.find((row) => row.title === title)!;
      const [lunch, reply] = [byTitle("Oběd"), byTitle("Re: lunch")];
      assertEquals(rows.map(({ kind, rejected }) => [kind, rejected]), [
        ["import", false],
        ["import", false],
        ["import", false],
      ]);
      assertEquals(lunch.from, "Bob <bob@example.org>");
      assertEquals([...lunch.to], ["a@x.org", "c@x.org"]);
      assertEquals([lunch.date, lunch.when], Array(2).fill(Date.UTC(2009, 1, 2, 9, 11, 12)));
      assertEquals(reply.date, Date.UTC(2026, 10, 24, 3, 51, 32));
      assertEquals([...reply.flags].sort(), ["answered", "flagged", "read"]);
      assertEquals([...lunch.flags], []);
      assertEquals([reply.thread, lunch.thread], [lunch.own, lunch.own]);
      const second = await transfer.import({ paths: [`${folder}/old.mbox`] });
      assertEquals([second.imported, second.duplicates], [0, 3]);
    });
    // Another device, which has seen nothing of it yet, sees the same.
    await withTransfers(office, ["alice"], async ([again]) => {
      await again!.transfer.export({ format: "mbox", output: `${folder}/new.mbox` });
      const text = new TextDecoder().decode(await Deno.readFile(`${folder}/new.mbox`));
      for (const mail of FOREIGN.slice(0, 2)) {
        assert(text.includes(mail.replaceAll("\n>From", "\n>>From")), text);
      }
      assertEquals(again!.index.row(again!.index.indexes()[0]!)!.kind, "import");
      const { imported, duplicates } = await again!.transfer.import({
        paths: [`${folder}/new.mbox`],
      });
      assertEquals([imported, duplicates], [0, 3]);
    });
  });
});

for (const format of TRANSFER_FORMATS) {
  Deno.test(`transfer with a server: ${format}: out of one account, into another, and out again: the same files`, async () => {
    await using office = await Office.open();
    const alice = await office.join("alice");
    const bob = await office.join("bob");
    for (let i = 0; i < 5; i++) {
      await alice.send({ to: ["bob"], title: `Plan ${i} ž`, body: `From me: ${i}\n>From you\n` });
    }
    await alice.send({ to: ["bob"], title: "Binary", body: new Uint8Array([0, 255, 13, 10, 7]) });
    // Larger than goes into one request.
    await alice.send({ to: ["bob"], title: "Large", body: "x".repeat(400_000) });
    await bob.read(1);
    await office.join("carol");
    await withFolder(async (folder) => {
      await withTransfers(office, ["bob", "carol"], async ([from, to]) => {
        const first = await from!.transfer.export({ format, output: `${folder}/1` });
        assertEquals([first.exported, first.problems], [7, []]);
        const { imported, problems } = await to!.transfer.import({ paths: [`${folder}/1`] });
        assertEquals([imported, problems], [7, []]);
        await to!.transfer.export({ format, output: `${folder}/2` });
        assertEquals(await tree(`${folder}/2`), await tree(`${folder}/1`));
        // What it has exported itself and still has, is a duplicate.
        const back = await from!.transfer.import({ paths: [`${folder}/2`] });
        assertEquals([back.imported, back.duplicates], [0, 7]);
        await to!.index.sync();
        const row = to!.index.row(to!.index.indexes()[0]!)!;
        assertEquals(row.kind, "import");
      });
    });
  });
}

Deno.test("transfer with a server: a mail at the server's limit comes in, a larger one is reported", async () => {
  await using office = await Office.open({
    config: { maxConnections: 16, maxMessageBytes: 2_000_000 },
  });
  await office.join("alice");
  await withFolder(async (folder) => {
    await withTransfers(office, ["alice"], async ([alice]) => {
      const limit = 2_000_000;
      for (const size of [limit, limit + 1]) {
        const bytes = new Uint8Array(size).fill(0x78);
        bytes.set(utf8(`Subject: ${size}\n\n`));
        await Deno.writeFile(`${folder}/${size}.eml`, bytes);
      }
      const { imported, problems } = await alice!.transfer.import({ paths: [folder] });
      assertEquals(imported, 1);
      assertEquals(problems.map(({ reason }) => reason), [
        "it is larger than the server takes: 2,000,001 bytes",
      ]);
    });
  });
});

Deno.test("transfer with a server: a mail in two folders of a Maildir is one mail in both", async () => {
  await using office = await Office.open();
  await office.join("alice");
  await withFolder(async (folder) => {
    for (const part of ["cur", "new", "tmp", ".Work/cur", ".Work/new"]) {
      await Deno.mkdir(`${folder}/${part}`, { recursive: true });
    }
    for (const part of ["cur", ".Work/cur"]) {
      await Deno.writeTextFile(`${folder}/${part}/1764000000.x:2,S`, "Subject: both\n\n");
    }
    await withTransfers(office, ["alice"], async ([alice]) => {
      const { transfer, index } = alice!;
      const { imported, duplicates } = await transfer.import({ paths: [folder] });
      await index.sync();
      assertEquals([imported, duplicates, index.indexes().length], [1, 1, 1]);
      const row = index.row(index.indexes()[0]!)!;
      assertEquals([row.folder, row.also.length], ["inbox", 1]);
    });
  });
});
