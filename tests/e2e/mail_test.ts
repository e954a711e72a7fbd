import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MAX_BODY_BYTES } from "../../protocol/limits.ts";
import type { Office } from "../../tools/office.ts";
import { withOffice } from "./shared_office.ts";

interface Listed {
  index: number;
  id: string;
  from: string;
  to: string[];
  date: string;
  title: string;
  size: number;
  unread: boolean;
}

async function listOf(office: Office, user: string, ...options: string[]): Promise<Listed[]> {
  return JSON.parse(await office.must(["list", "--json", ...options], { user }));
}

Deno.test("e2e mail: send, list and read, and the shapes of their JSON", () =>
  withOffice(async (office) => {
    const body = "One line\n\ttab and trailing blanks  \nümlaut 🦊\n";
    const sent = JSON.parse(
      await office.must(["send", "Bob", "carol", "--title", "Minutes", "--body", body, "--json"], {
        user: "alice",
      }),
    );
    assertEquals(Object.keys(sent).sort(), ["id", "size", "to"]);
    assertMatch(sent.id, /^[0-9a-f]{32}$/);
    assertEquals(sent.to, ["bob", "carol"]);
    const size = new TextEncoder().encode(body).length;
    assertEquals(sent.size, size);

    for (const user of ["bob", "carol"]) {
      const [item, ...others] = await listOf(office, user);
      assertEquals(others, []);
      assert(item !== undefined);
      assertEquals({ ...item, date: "" }, {
        ...{ index: 1, id: sent.id, from: "alice", to: ["bob", "carol"], date: "" },
        ...{ title: "Minutes", size, unread: true, contact: "unverified" },
        ...{ flags: [], folder: "inbox", attachments: 0, kind: "mail", thread: sent.id },
      });
      assertMatch(item.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }

    const mail = JSON.parse(await office.must(["read", "1", "--json"], { user: "bob" }));
    assertEquals(Object.keys(mail).sort(), [
      ...["attachments", "body", "contact", "date", "flags", "folder", "from", "id", "inReplyTo"],
      ...["index", "kind", "size", "thread", "title", "to"],
    ]);
    assertEquals([mail.id, mail.from, mail.to], [sent.id, "alice", ["bob", "carol"]]);
    assertEquals([mail.title, mail.body, mail.attachments], ["Minutes", body, []]);
    assertEquals((await listOf(office, "bob"))[0]?.unread, false);
    assertEquals(await listOf(office, "bob", "--unread"), []);
    assertEquals((await listOf(office, "carol"))[0]?.unread, true);
    const byId = JSON.parse(await office.must(["read", sent.id, "--json"], { user: "carol" }));
    assertEquals(byId.body, body);
  }));

Deno.test("e2e mail: two mails with the same sender and title are two mails, newest first", () =>
  withOffice(async (office) => {
    for (const body of ["first", "second"]) {
      await office.must(["send", "bob", "--title", "Again", "--body", body], { user: "alice" });
    }
    const items = await listOf(office, "bob");
    assertEquals(items.map(({ index, title }) => [index, title]), [[2, "Again"], [1, "Again"]]);
    const read = async (index: number) =>
      JSON.parse(await office.must(["read", `${index}`, "--json"], { user: "bob" })).body;
    assertEquals([await read(1), await read(2)], ["first", "second"]);
    assertEquals((await listOf(office, "bob", "--reverse")).map(({ index }) => index), [1, 2]);
  }));

Deno.test("e2e mail: a body comes from an option, a file or stdin, and comes back byte for byte", () =>
  withOffice(async (office) => {
    const text = "line ends \r\n and \n, NUL \0, no end";
    const bytes = new TextEncoder().encode(text);
    await Deno.writeFile(`${office.folder}/letter`, bytes);
    const send = (title: string, more: string[], stdin?: Uint8Array) =>
      office.must(["send", "bob", "--title", title, ...more], {
        user: "alice",
        ...(stdin === undefined ? {} : { stdin }),
      });
    await send("file", ["--file", `${office.folder}/letter`]);
    await send("stdin", [], bytes);
    await send("empty", ["--body", ""]);
    const bodies = [];
    for (const index of ["1", "2", "3"]) {
      const mail = JSON.parse(await office.must(["read", index, "--json"], { user: "bob" }));
      bodies.push([mail.title, mail.body]);
    }
    assertEquals(bodies, [["file", text], ["stdin", text], ["empty", ""]]);
  }));

Deno.test("e2e mail: exactly 1,000,000 bytes go, one more is refused before the upload", () =>
  withOffice(async (office) => {
    const file = `${office.folder}/big`;
    const text = "0123456789abcde\n".repeat(MAX_BODY_BYTES / 16);
    await Deno.writeTextFile(file, text);
    await office.must(["send", "bob", "--title", "Big", "--file", file], { user: "alice" });
    await Deno.writeTextFile(file, text + "!");
    const refused = await office.run(["send", "bob", "--title", "Too big", "--file", file], {
      user: "alice",
    });
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertMatch(refused.stderr, /1[,.]?000[,.]?000/);
    assertEquals((await listOf(office, "bob")).map(({ title, size }) => [title, size]), [
      ["Big", MAX_BODY_BYTES],
    ]);
    const mail = JSON.parse(await office.must(["read", "1", "--json"], { user: "bob" }));
    assert(mail.body === text, "the body is not what was sent");
  }));

Deno.test("e2e mail: a title that moves the cursor or clears the screen is shown, not obeyed", () =>
  withOffice(async (office) => {
    const title = "Hello\x1b[2J\x1b[1;1H\x07\u009b31m\u202eevil";
    await office.must(["send", "bob", "--title", title, "--body", "x\x1b[2Jy"], { user: "alice" });
    const list = await office.must(["list"], { user: "bob" });
    const mail = await office.must(["read", "1"], { user: "bob" });
    for (const shown of [list, mail]) {
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(shown), JSON.stringify(shown));
      assertStringIncludes(shown, "Hello");
    }
    assertEquals((await listOf(office, "bob"))[0]?.title, title);
  }));

Deno.test("e2e mail: an unknown recipient refuses the whole mail and is named", () =>
  withOffice(async (office) => {
    const { code, stdout, stderr } = await office.run(
      ["send", "bob", "nobody", "--title", "Lost", "--body", "x"],
      { user: "alice" },
    );
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "nobody");
    assertEquals(await listOf(office, "bob"), []);
  }));
