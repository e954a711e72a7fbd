/** Deliveries that break off or are refused in the middle, and what the sender keeps of them. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RecipientsError, SendInterruptedError } from "../../client/errors.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { FakeServer, makePerson, type Person, refuse } from "./fake_server.ts";

let made: Promise<Person[]> | undefined;

async function office() {
  const server = new FakeServer();
  const boxes: Mailbox[] = [];
  made ??= Promise.all(["alice", "bob", "carol", "dave"].map((name) => makePerson(name)));
  for (const person of await made) boxes.push(new Mailbox(await server.join(person)));
  const [alice, bob, carol, dave] = boxes as [Mailbox, Mailbox, Mailbox, Mailbox];
  return { server, alice, bob, carol, dave };
}

const titles = async (box: Mailbox, query: string) =>
  (await box.list({ query })).map(({ title }) => title);

Deno.test("delivery: under Bcc to oneself, the mail is in the inbox too", async () => {
  const { alice, bob } = await office();
  await alice.send({ to: ["bob"], bcc: ["alice"], title: "Both", body: "" });
  assertEquals([await titles(alice, "in:inbox"), await titles(alice, "in:sent")], [
    ["Both"],
    ["Both"],
  ]);
  assertEquals((await alice.list({ query: "in:sent" }))[0]!.title, "Both");
  assertEquals(await titles(bob, ""), ["Both"]);
  await alice.send({ to: ["alice"], title: "Note", body: "" });
  const [note] = await alice.list();
  assertEquals(note!.warnings, [], "no mail counts as withheld");
});

Deno.test("delivery: who is under Bcc is kept when the sender is addressed, too", async () => {
  const { alice, bob, carol } = await office();
  const sent = await alice.send({ to: ["alice", "bob"], bcc: ["carol"], title: "All", body: "x" });
  assertEquals((await alice.list({ query: "in:anywhere has:bcc" })).map(({ id }) => id), [sent.id]);
  assertEquals((await alice.list({ query: "in:anywhere" })).length, 1);
  assertEquals((await alice.read(sent.id)).bcc, ["carol"]);
  assertEquals((await bob.read(sent.id)).bcc, []);
  assertEquals(await titles(carol, ""), ["All"]);
});

Deno.test("delivery: a mail that stands in sent has gone to all, cut off anywhere", async (t) => {
  for (const cut of [1, 2, 3]) {
    await t.step(`at upload ${cut}`, async () => {
      const { server, alice, bob, carol, dave } = await office();
      let uploads = 0;
      server.lies.send = (_, __, honest) => {
        if (++uploads === cut) return refuse("internal")();
        return honest();
      };
      const mail = { to: ["bob"], bcc: ["carol", "dave"], title: "Plan", body: "" };
      const error = await assertRejects(() => alice.send(mail), SendInterruptedError);
      assertEquals(await titles(bob, ""), [], "the mail that says who has it goes last");
      const before = await alice.list({ query: "in:sent has:bcc" });
      assertEquals(before, []);
      await alice.deliver(error.sealed);
      for (const box of [bob, carol, dave]) assertEquals(await titles(box, ""), ["Plan"]);
      assertEquals((await alice.list({ query: "in:sent" })).length, 1);
    });
  }
});

Deno.test("delivery: a refusal in the middle tells who has the mail already", async () => {
  const { server, alice, carol } = await office();
  let uploads = 0;
  server.lies.send = (_, __, honest) => {
    if (++uploads === 2) return refuse("unknown_recipients", ["bob"])();
    return honest();
  };
  const mail = { to: ["bob"], bcc: ["carol"], title: "Plan", body: "" };
  const error = await assertRejects(() => alice.send(mail), RecipientsError);
  assertEquals(await titles(carol, ""), ["Plan"]);
  assertStringIncludes(error.hint!, "gone to carol (Bcc)");
});
