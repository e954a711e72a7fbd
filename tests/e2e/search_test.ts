import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Office } from "../../tools/office.ts";
import { scanForPlaintext } from "../../tools/plaintext_scan.ts";
import { withOffice } from "./shared_office.ts";

/** So many that the index is worth uploading; each body has a word of its own. */
const MAILS = 70;

async function importMails(office: Office): Promise<void> {
  const mails = Array.from(
    { length: MAILS },
    (_, i) =>
      `From eve@example.org Tue Nov 24 03:51:32 2026\nSubject: Report ${i}\n` +
      `From: Eve Zwetschge <eve@example.org>\n\nThe quokkaword${i}z is in the flumboxic file.\n\n`,
  );
  await Deno.writeTextFile(`${office.folder}/old.mbox`, mails.join(""));
  await office.must(["import", "old.mbox", "--folder", "Old"], { user: "bob" });
  await Deno.remove(`${office.folder}/old.mbox`);
}

async function search(office: Office, ...args: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await office.must(["search", ...args, "--json"], { user: "bob" }));
}

Deno.test("program: search finds words of bodies, here and on a new machine; nothing is in clear", async () => {
  await withOffice(async (office) => {
    await importMails(office);
    assertMatch(
      await office.must(["search", "--index"], { user: "bob" }),
      /^Index: 70 of 70 mails\n$/,
    );
    const [mail, ...others] = await search(office, "quokkaword42z");
    assertEquals([mail!.title, others.length], ["Report 42", 0]);
    assertMatch(String(mail!.snippet), /quokkaword42z is in the flumboxic file/);
    assertEquals((await search(office, '"the flumboxic file"', "--limit", "100")).length, MAILS);
    assertEquals((await search(office, "zwetschge", "quokka*", "--limit", "3")).length, 3);
    const text = await office.must(["search", "quokkaword7z"], { user: "bob" });
    assertMatch(text, /Report 7 .*\n {6}The quokkaword7z is in/);

    // The same account on another machine, which has nothing but the password.
    const account = office.account("bob").map((word, i, words) =>
      words[i - 1] === "--config" ? `${office.folder}/other-machine` : word
    );
    const elsewhere = ["search", "--status", "--yes", ...account];
    assertMatch(await office.must(elsewhere), /^Index: 0 of 70 mails/);
    const found = await office.must(["search", "quokkaword42z", "--json", "--yes", ...account]);
    assertEquals(JSON.parse(found).length, 1);
    assertMatch(await office.must(elsewhere), /^Index: 70 of 70 mails/);

    await office.stopServer();
    const words = ["quokkaword", "flumboxic", "zwetschge", "Zwetschge"];
    const { hits, bytes } = await scanForPlaintext(office.folder, words);
    assertEquals(hits, []);
    assert(bytes > 100_000);
  });
});

Deno.test("program: hostile words, wrong usage and control characters in what is found", async () => {
  await withOffice(async (office) => {
    const body = "calm \x1b[2J\u202Ewater\n";
    await office.must(["send", "bob", "--title", "Bell \x07", "--body", body], { user: "alice" });
    const found = await office.must(["search", "water"], { user: "bob" });
    assert(!["\x07", "\x1b", "\u202e"].some((c) => found.includes(c)), JSON.stringify(found));
    const nothing = await office.run(["search", "calmer"], { user: "bob" });
    assertEquals([nothing.code, nothing.stdout], [0, ""]);
    assertMatch(nothing.stderr, /Nothing found/);
    for (const args of [[], ["x", "--status"]]) {
      assertEquals((await office.run(["search", ...args], { user: "bob" })).code, 2);
    }
    const hostile = ['"open', "NEAR(a", "{title}:x", "🎉", "x".repeat(10_000)];
    for (const word of hostile) {
      const { stderr } = await office.run(["search", word], { user: "bob" });
      assertMatch(stderr, /Nothing found|^mailsec: (?!Unexpected)/);
    }
  });
});
