/** The key log of a real server, as its users see it. */

import { assertEquals, assertRejects } from "@std/assert";
import { verifyExport } from "../../client/key_log/log_export.ts";
import { withOffice } from "../../server/admin/office.ts";
import { removeUser, setDisabled, setRole } from "../../server/admin/users.ts";
import { Office } from "./people.ts";

Deno.test("key log: all users of a server have the same one, and see what administrators do", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice", { role: "admin" }), await office.join("bob")];
  const carol = await office.join("carol");

  await t.step("who has joined is in it, in order, and everybody can verify it", async () => {
    const lines = await carol.keyLog.entries();
    assertEquals(lines.map(({ seq, type, user }) => [seq, type, user]), [
      [0, "first", "alice"],
      [1, "admin_granted", "alice"],
      [2, "first", "bob"],
      [3, "first", "carol"],
    ]);
    for (const [box, ownSeq] of [[alice, 0], [bob, 2], [carol, 3]] as const) {
      const found = await box.keyLog.verify();
      assertEquals([found.size, found.users, found.ownSeq], [4, 3, ownSeq]);
      assertEquals(found.root, carol.keyLog.head().root);
    }
  });

  await t.step("what is done at the server's machine comes into it beside the server", async () => {
    await withOffice(office.server.dataDir, async (admin) => {
      await setDisabled(admin, "carol", true);
      await setRole(admin, "bob", "admin");
      await removeUser(admin, "carol");
    });
    const contacts = await bob.contacts();
    assertEquals(contacts.map(({ user, status, role }) => [user, status, role]), [
      ["alice", "active", "admin"],
      ["bob", "active", "admin"],
      ["carol", "removed", "member"],
    ]);
    assertEquals((await bob.keyLog.entries("carol")).map(({ type }) => type), [
      "first",
      "disabled",
      "removed",
    ]);
  });

  await t.step("its export is verified without the server, against others' heads", async () => {
    const early = alice.keyLog.head().note;
    const text = await bob.keyLog.export();
    const { size, users, heads } = await verifyExport(text, [early, bob.keyLog.head().note]);
    assertEquals([size, users, heads], [7, 3, 2]);
    const lines = text.trimEnd().split("\n");
    const changed = [lines[0], ...lines.slice(1, -1), lines[1]].join("\n");
    await assertRejects(() => verifyExport(changed, []));
  });

  await t.step("mail names it, and nobody is warned", async () => {
    await alice.send({ to: ["bob"], title: "all well?", body: "" });
    await bob.send({ to: ["alice"], title: "all well", body: "" });
    for (const box of [alice, bob]) {
      const [item] = await box.list();
      assertEquals([item!.warnings, item!.contact], [[], "unverified"]);
      assertEquals(box.keyLog.alarm(), null);
    }
  });
});

Deno.test("key log: two accounts of one device share the copy and not the alarm", async () => {
  await using office = await Office.open();
  await office.join("alice");
  await office.join("bob");
  const config = office.configOf("shared");
  const alice = await office.login("alice", { config });
  const bob = await office.login("bob", { config });
  await office.join("carol");
  // One after the other fetches what is new; the other one's copy is behind the stored one.
  assertEquals((await alice.keyLog.verify()).size, 3);
  assertEquals((await bob.keyLog.verify()).size, 3);
  const again = await office.login("bob", { config });
  assertEquals((await again.keyLog.entries()).length, 3);
  const logs = Array.from(Deno.readDirSync(`${config.directory}/logs`)).map(({ name }) => name);
  assertEquals(logs.filter((name) => name.endsWith(".json")).length, 1);
  assertEquals([alice.keyLog.alarm(), bob.keyLog.alarm()], [null, null]);
});
