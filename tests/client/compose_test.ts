import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RecipientsError, TooLargeError } from "../../client/errors.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import type { Attachment, MailDraft, OutgoingMail } from "../../client/mailbox_types.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { Office } from "./people.ts";

const file = (name: string, text: string) => ({ name, content: new TextEncoder().encode(text) });
const named = ({ name, content }: Attachment) => [name, new TextDecoder().decode(content)];
const DRAFT: MailDraft = {
  ...{ to: [], cc: [], bcc: [], title: "", body: "", attachments: [] },
  ...{ inReplyTo: null, forwards: null, id: null },
};

async function newest(box: Mailbox, query = "") {
  const [item] = await box.list({ query, limit: 1 });
  return await box.read(item!.index);
}

Deno.test("compose: cc, bcc and attachments", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  const [carol, dave] = [await office.join("carol"), await office.join("dave")];

  await t.step("everybody gets the mail, and nobody learns of those under bcc", async () => {
    const sent = await alice.send({
      ...{ to: ["Bob"], cc: ["carol", "bob"], bcc: ["dave", "carol"], title: "Plans" },
      ...{ body: "See files.\n", attachments: [file("a.txt", "one"), file("b.txt", "two")] },
    });
    assertEquals([sent.to, sent.cc, sent.bcc], [["bob"], ["carol"], ["dave"]]);
    for (const box of [bob, carol]) {
      const mail = await newest(box);
      assertEquals([mail.to, mail.cc, mail.bcc], [["bob"], ["carol"], []]);
      assertEquals(mail.attachments.map(named), [["a.txt", "one"], ["b.txt", "two"]]);
      const raw = new TextDecoder().decode(await box.raw(mail.index));
      assert(!raw.includes("dave"));
    }
    const mail = await newest(dave);
    assertEquals([mail.from, mail.to, mail.cc, mail.warnings], ["alice", ["dave"], [], []]);
    assertEquals(mail.body, { kind: "text", text: "See files.\n" });
  });

  await t.step("the sender has it once, with all names", async () => {
    const all = await alice.list({ query: "in:anywhere" });
    assertEquals(all.map(({ folder, attachments, size }) => [folder, attachments, size]), [
      ["sent", 2, 17],
    ]);
    const mail = await alice.read(all[0]!.id);
    assertEquals([mail.to, mail.cc, mail.bcc], [["bob"], ["carol"], ["dave"]]);
    assertEquals((await alice.list({ query: "has:bcc in:sent" })).length, 1);
  });

  await t.step("bcc alone will do, nobody at all will not", async () => {
    await alice.send({ to: [], bcc: ["dave"], title: "Psst", body: "" });
    assertEquals((await newest(dave)).title, "Psst");
    assertEquals((await newest(alice, "in:sent")).bcc, ["dave"]);
    await assertRejects(() => alice.send({ to: [], title: "", body: "" }), RecipientsError);
    const error = await assertRejects(
      () => alice.send({ to: ["bob"], bcc: ["nobody"], title: "", body: "" }),
      RecipientsError,
    );
    assertEquals(error.names, ["nobody"]);
  });

  await t.step("files beyond the limits are refused before anything is sent", async () => {
    const before = (await alice.list({ query: "in:sent" })).length;
    const many = Array.from({ length: 51 }, (_, i) => file(`${i}`, ""));
    const large = [{ name: "large", content: new Uint8Array(25 * 1024 * 1024) }];
    for (const attachments of [many, large]) {
      const mail = { to: ["bob"], title: "", body: "", attachments };
      const error = await assertRejects(() => alice.send(mail), TooLargeError);
      assertEquals(error.what, "message");
    }
    assertEquals((await alice.list({ query: "in:sent" })).length, before);
  });
});

Deno.test("compose: answers and forwards", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  const carol = await office.join("carol");
  const first = await alice.send({
    ...{ to: ["bob"], cc: ["carol"], title: "Lunch", body: "At noon?\n> perhaps\n" },
    attachments: [file("menu.txt", "soup")],
  });

  await t.step("a reply goes to the sender, quotes, and is in the thread", async () => {
    const draft = await bob.compose.reply(first.id);
    assertEquals([draft.to, draft.cc, draft.title], [["alice"], [], "Re: Lunch"]);
    assertStringIncludes(draft.body, "alice wrote:\n> At noon?\n>> perhaps\n");
    assertEquals((await bob.list())[0]!.unread, true, "looking at it to answer marks nothing");
    await bob.send(outgoing(draft));
    const answer = await newest(alice);
    assertEquals([answer.title, answer.inReplyTo, answer.thread], [
      "Re: Lunch",
      first.id,
      first.id,
    ]);
    const [original] = await bob.list();
    assertEquals(original!.flags.includes("answered"), true);
    const raw = new TextDecoder().decode(await alice.raw(answer.index));
    assertStringIncludes(raw, `In-Reply-To: <${first.id}@mailsec.invalid>`);
  });

  await t.step("to all: everybody but oneself, each once", async () => {
    const draft = await carol.compose.reply(first.id, { all: true });
    assertEquals([draft.to, draft.cc], [["alice"], ["bob"]]);
    const own = await alice.compose.reply(first.id, { all: true });
    assertEquals([own.to, own.cc], [["bob"], ["carol"]], "to those whom one's own mail was for");
  });

  await t.step("titles get one prefix, however often a mail goes back and forth", async () => {
    const answer = (await alice.list())[0]!;
    assertEquals((await alice.compose.reply(answer.index)).title, "Re: Lunch");
    const forward = await alice.compose.forward(answer.index);
    assertEquals(forward.title, "Fwd: Re: Lunch");
  });

  await t.step("a thread folds into one line of the list", async () => {
    const [line, ...more] = await alice.list({ query: "in:anywhere", threads: true });
    assertEquals([line?.title, line?.threadCount, more.length], ["Re: Lunch", 2, 0]);
  });

  await t.step("a forwarded mail has its head, its text and its files", async () => {
    const draft = await bob.compose.forward(first.id);
    assertEquals([draft.to, draft.forwards], [[], first.id]);
    await bob.send(outgoing({ ...draft, to: ["carol"] }));
    const mail = await newest(carol);
    assert(mail.body.kind === "text");
    assertStringIncludes(mail.body.text, "From: alice\n");
    assertStringIncludes(mail.body.text, "At noon?");
    assertEquals(mail.attachments.map(named), [["menu.txt", "soup"]]);
    const original = (await bob.list({ query: `id:${first.id}` }))[0]!;
    assertEquals(original.flags.includes("forwarded"), true);
  });
});

/** What is sent when a draft is. */
function outgoing({ inReplyTo, forwards, id, ...mail }: MailDraft): OutgoingMail {
  return {
    ...mail,
    ...(inReplyTo === null ? {} : { inReplyTo }),
    ...(forwards === null ? {} : { forwards }),
    ...(id === null ? {} : { draft: id }),
  };
}

Deno.test("compose: drafts", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  const written: MailDraft = {
    ...{
      ...DRAFT,
      to: ["bob", "Nobody yet"],
      cc: ["x y"],
      bcc: ["z"],
      title: "Half",
      body: "So\n",
    },
    attachments: [file("a.txt", "one")],
  };

  await t.step("are kept sealed and opened on another machine", async () => {
    const saved = await alice.compose.save(written);
    const other = await office.login("alice");
    const [item, ...more] = await other.list({ folder: "drafts" });
    assertEquals([item!.kind, item!.title, item!.to, more.length], [
      "draft",
      "Half",
      ["bob", "Nobody yet"],
      0,
    ]);
    const opened = await other.compose.open(item!.id);
    const { attachments, ...rest } = opened;
    assertEquals(rest, { ...withoutFiles(written), id: saved.id });
    assertEquals(attachments.map(({ name, content }) => [name, content]), [
      ["a.txt", new TextEncoder().encode("one")],
    ]);
    assertEquals(await other.list(), [], "a draft is not in the inbox");
    await other.close();
  });

  await t.step("saved again, there is still one; sent, there is none", async () => {
    const [item] = await alice.list({ query: "is:draft" });
    const opened = await alice.compose.open(item!.id);
    const again = await alice.compose.save({ ...opened, to: ["bob"], cc: [], bcc: [] });
    assertEquals((await alice.list({ folder: "drafts" })).map(({ id }) => id), [again.id]);
    const { to, title, body, attachments } = again;
    await alice.send({ to, title, body, attachments, draft: again.id! });
    assertEquals(await alice.list({ folder: "drafts" }), []);
    assertEquals((await newest(bob)).title, "Half");
  });

  await t.step("what it answers is remembered", async () => {
    const mail = await newest(bob);
    const draft = await bob.compose.save(await bob.compose.reply(mail.index));
    const opened = await bob.compose.open(draft.id!);
    assertEquals([opened.inReplyTo, opened.to], [mail.id, ["alice"]]);
    await bob.compose.remove(draft.id!);
    await bob.compose.remove(draft.id!);
    assertEquals(await bob.list({ folder: "drafts" }), []);
    const error = await assertRejects(() => bob.compose.open(mail.id), MailsecError);
    assertEquals(error.code, "not_a_draft");
  });
});

function withoutFiles({ attachments: _, ...rest }: MailDraft) {
  return rest;
}
