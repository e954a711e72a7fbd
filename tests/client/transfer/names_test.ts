import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { addressOf, shortAddressOf } from "../../../client/transfer/address_text.ts";
import { emlFileName, parseEmlFileName } from "../../../client/transfer/eml/file_names.ts";
import { folderOfPath, folderPath } from "../../../client/transfer/folder_paths.ts";
import {
  flagLetters,
  maildirFileName,
  marksOfLetters,
  parseMaildirFileName,
} from "../../../client/transfer/maildir/file_names.ts";
import { folderOfMaildir, maildirFolder } from "../../../client/transfer/maildir/folder_names.ts";
import type { MailKey } from "../../../client/transfer/mail_key.ts";
import { anyMail, folderName } from "./mail_values.ts";

const HASH = "0123456789abcdef";
const anyKey: fc.Arbitrary<MailKey> = fc.record({
  seconds: fc.integer({ min: 0, max: 253_402_300_799 }),
  contentHash: fc.stringMatching(/^[0-9a-f]{16}$/),
  twin: fc.integer({ min: 1, max: 99 }),
});
const anyName = fc.oneof(
  folderName,
  fc.string({ unit: "binary", minLength: 1 }).map((name) => name.toWellFormed()),
);

Deno.test("names: folders of a Maildir as IMAP servers have them", () => {
  const table: [string, string][] = [
    ["Inbox", ""],
    ["inbox", ""],
    ["Sent", ".Sent"],
    ["Work stuff", ".Work stuff"],
    ["Work/Plans/2026", ".Work.Plans.2026"],
    ["Entwürfe", ".Entw&APw-rfe"],
    ["R&D", ".R&-D"],
    ["v1.2", ".v1&AC4-2"],
    ["../../etc", ".&AC4ALg-.&AC4ALg-.etc"],
    ["/etc", ".&AC8-etc"],
    ["a//b", ".a&AC8ALw-b"],
    [".", ".&AC4-"],
    ["a\0b", ".a&AAA-b"],
    ["😀", ".&2D3eAA-"],
  ];
  for (const [name, expected] of table) {
    assertEquals(maildirFolder(name), expected);
    assertEquals(folderOfMaildir(expected), expected === "" ? "inbox" : name);
  }
});

Deno.test("names: folders that other programs have made in a Maildir are read as well as can be", () => {
  const table: [string, string | null][] = [
    [".Work.Plans", "Work/Plans"],
    [".Žluť", "Žluť"],
    [".broken&x", "broken&x"],
    [".broken&AC-", "broken&AC-"],
    ["cur", null],
    [".", null],
    ["..", null],
    ["..evil", null],
  ];
  for (const [folder, name] of table) assertEquals(folderOfMaildir(folder), name, folder);
});

Deno.test("names: every folder name comes back, and its path stays inside", () => {
  for (const letter of ["x", "語", "😀", "/", "a/"]) {
    const [one, other] = [letter.repeat(200), letter.repeat(201)];
    for (const named of [maildirFolder, folderPath]) {
      assert(named(one) !== named(other));
      const parts = named(one).split("/");
      for (const part of parts) assert(new TextEncoder().encode(part).length <= 255, part);
    }
  }
  fc.assert(
    fc.property(anyName, (name) => {
      const folder = maildirFolder(name);
      assertMatch(folder, /^$|^\.[^./\0\\]/);
      assert(!/[/\0\\]/.test(folder));
      assertEquals(folderOfMaildir(folder), folder === "" ? "inbox" : name);
      const path = folderPath(name);
      assertEquals(folderOfPath(path), name);
      for (const part of path.split("/")) assertMatch(part, /^[^.\0\\][^\0\\]*$/);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("names: folders on the disk", () => {
  const table: [string, string][] = [
    ["Work/Plans", "Work/Plans"],
    ["..", "%2E%2E"],
    ["../x", "%2E%2E/x"],
    ["/etc", "%2Fetc"],
    ["a:b|c", "a%3Ab%7Cc"],
    ["100%", "100%25"],
    [".hidden", "%2Ehidden"],
    ["dot.", "dot%2E"],
    ["Ünterlagen 😀", "Ünterlagen 😀"],
  ];
  for (const [name, path] of table) {
    assertEquals(folderPath(name), path);
    assertEquals(folderOfPath(path), name);
  }
  assertEquals(folderOfPath("50%"), "50%");
  assertEquals(folderOfPath("%FF"), "%FF");
});

Deno.test("names: flags of a Maildir are letters in the order of ASCII", () => {
  const marks = { folders: [], isDraft: true, isTrashed: true };
  const flags = new Set(["read", "answered", "forwarded", "flagged"] as const);
  assertEquals(flagLetters({ ...marks, flags }), "DFPRST");
  assertEquals(
    flagLetters({ folders: [], flags: new Set(), isDraft: false, isTrashed: false }),
    "",
  );
  fc.assert(
    fc.property(anyMail, (mail) => {
      const { flags, isDraft, isTrashed } = marksOfLetters(flagLetters(mail));
      assertEquals([[...flags].sort(), isDraft, isTrashed], [
        [...mail.flags].sort(),
        mail.isDraft,
        mail.isTrashed,
      ]);
    }),
  );
});

Deno.test("names: files of a Maildir say date, content and flags", () => {
  fc.assert(
    fc.property(anyKey, anyMail, (key, mail) => {
      const name = maildirFileName(key, mail);
      assertMatch(name, /^\d+\.[0-9a-f]{16}(-\d+)?\.mailsec:2,[DFPRST]*$/);
      const letters = flagLetters(mail);
      assertEquals(parseMaildirFileName(name), { key, date: 1000 * key.seconds, letters });
    }),
  );
});

Deno.test("names: files that other programs have put into a Maildir", () => {
  const table: [string, number | null, string][] = [
    ["1764000000.M20046P2137.mailhost,S=4542,W=4642:2,RS", 1_764_000_000_000, "RS"],
    ["1764000000.V1.host:2,Sab", 1_764_000_000_000, "Sab"],
    ["1764000000.V1.host", 1_764_000_000_000, ""],
    ["1764000000.V1.host:2,../S", 1_764_000_000_000, ""],
    ["999999999999.x", null, ""],
    ["mail.txt", null, ""],
  ];
  for (const [name, date, letters] of table) {
    assertEquals(parseMaildirFileName(name), { key: null, date, letters }, name);
  }
});

Deno.test("names: .eml files are named for people, and safely whatever a mail says", () => {
  const key = { seconds: Date.UTC(2026, 10, 24, 3, 51, 32) / 1000, contentHash: HASH, twin: 1 };
  const marks = {
    folders: [],
    flags: new Set(["read"] as const),
    isDraft: false,
    isTrashed: false,
  };
  const named = (from: string, title: string) => emlFileName({ key, from, title, ...marks });
  const table: [string, string, string][] = [
    ["bob", "Lunch at noon?", `20261124T035132Z_bob_Lunch-at-noon_${HASH}.S.eml`],
    ["Eve <eve@x.org>", "../../etc/passwd", `20261124T035132Z_eve@x.org_etc-passwd_${HASH}.S.eml`],
    ["", "", `20261124T035132Z_MAILER-DAEMON_-_${HASH}.S.eml`],
    ["bob", "a\0b\nc\u202ed\x1b[2J", `20261124T035132Z_bob_a-b-c-d-2J_${HASH}.S.eml`],
    ["bob", "Příliš 😀 žluťoučký", `20261124T035132Z_bob_Příliš-žluťoučký_${HASH}.S.eml`],
  ];
  for (const [from, title, name] of table) assertEquals(named(from, title), name);
});

Deno.test("names: every .eml name is a single name, not too long, and says key and flags", () => {
  fc.assert(
    fc.property(anyKey, anyMail, (key, mail) => {
      const name = emlFileName({ ...mail, key });
      assert(!/[/\\\0\s:]/.test(name), name);
      assert(!name.startsWith("."), name);
      assert(new TextEncoder().encode(name).length <= 255, name);
      assertEquals(parseEmlFileName(name), { key, letters: flagLetters(mail) });
    }),
    { numRuns: 500 },
  );
  const title = "語".repeat(500);
  const long = emlFileName({
    ...{ key: { seconds: 0, contentHash: HASH, twin: 12 }, from: "b".repeat(500), title },
    ...{ folders: [], flags: new Set(["read"] as const), isDraft: true, isTrashed: true },
  });
  assert(new TextEncoder().encode(long).length <= 255);
});

Deno.test("names: the address of a sender, whatever stands there", () => {
  const table: [string, string, string][] = [
    ["alice", "alice@mailsec.invalid", "alice"],
    ["alice@mailsec.invalid", "alice@mailsec.invalid", "alice"],
    ["Bob B. <bob@x.org>", "bob@x.org", "bob@x.org"],
    ['"Bob, B." <bob@x.org>', "bob@x.org", "bob@x.org"],
    ["", "MAILER-DAEMON", "MAILER-DAEMON"],
    ["<>", "MAILER-DAEMON", "MAILER-DAEMON"],
    ["evil\nFrom x@y Tue Nov 24 03:51:32 2026", "evilFromx@yTueNov2403:51:322026", ""],
  ];
  for (const [from, address, short] of table) {
    assertEquals(addressOf(from), address);
    if (short !== "") assertEquals(shortAddressOf(from), short);
  }
});
