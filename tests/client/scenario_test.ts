import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { NotFoundError, RecipientsError, TooLargeError } from "../../client/errors.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { Office } from "./people.ts";

function textOf({ body }: Awaited<ReturnType<Mailbox["read"]>>): string {
  assert(body.kind === "text");
  return body.text;
}

Deno.test("client: two people write to each other", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];

  await t.step("a mail arrives as it was written", async () => {
    const body = "Hello,\r\n\ttabs and trailing \t \n\n👩‍👩‍👧 \0 end";
    const sent = await alice.send({ to: ["Bob", "bob "], title: "Plans ☂", body });
    assertEquals(sent.to, ["bob"]);
    assertEquals(sent.size, new TextEncoder().encode(body).length);
    const [item] = await bob.list();
    assertEquals(item, {
      index: 1,
      id: sent.id,
      from: "alice",
      to: ["bob"],
      date: sent.date,
      title: "Plans ☂",
      size: sent.size,
      ...{ unread: true, flags: [], folder: "inbox", folderName: "inbox", also: [] },
      ...{ cc: [], attachments: 0, kind: "mail", thread: sent.id, preview: body },
      warnings: [],
      contact: "unverified",
    });
    const mail = await bob.read(1);
    assertEquals([mail.id, mail.from, mail.title, mail.date], [
      sent.id,
      "alice",
      "Plans ☂",
      sent.date,
    ]);
    assertEquals(textOf(mail), body);
  });

  await t.step(
    "reading marks it read, unless told otherwise, and for other devices too",
    async () => {
      await alice.send({ to: ["bob"], title: "second", body: "" });
      assertEquals((await bob.list({ unread: true })).map(({ title }) => title), ["second"]);
      await bob.read("2", { markRead: false });
      assertEquals((await bob.list({ unread: true })).length, 1);
      await bob.read("2");
      const elsewhere = await office.login("bob");
      assertEquals(await elsewhere.list({ unread: true }), []);
      await elsewhere.mails.mark({ indices: [1] }, { remove: ["read"] });
      assertEquals((await bob.list({ unread: true })).map(({ index }) => index), [1]);
      const marked = bob.mails.mark({ indices: [1, 77] }, { add: ["read"] });
      await assertRejects(() => marked, NotFoundError, "77");
    },
  );

  await t.step("the sender finds the mails among the sent ones only", async () => {
    assertEquals(await alice.list(), []);
    const sent = await alice.list({ sent: true });
    assertEquals(sent.map(({ title, unread, to }) => [title, unread, to]), [
      ["second", false, ["bob"]],
      ["Plans ☂", false, ["bob"]],
    ]);
    assertEquals(textOf(await alice.read(sent[0]!.id)), "");
    const elsewhere = await office.login("alice");
    assertEquals(await elsewhere.list({ sent: true }), sent);
  });

  await t.step("a mail to oneself is in both lists", async () => {
    await alice.send({ to: ["alice"], title: "note", body: "to me" });
    assertEquals((await alice.list()).map(({ title }) => title), ["note"]);
    assertEquals((await alice.list({ sent: true }))[0]?.title, "note");
    assertEquals((await alice.list())[0]?.unread, true);
    await alice.send({ to: ["alice", "bob"], title: "note 2", body: "to me" });
    assertEquals((await alice.list()).map(({ warnings }) => warnings), [[], []]);
  });

  await t.step("two mails with one title are two mails", async () => {
    const first = await bob.send({ to: ["alice"], title: "same", body: "1" });
    const second = await bob.send({ to: ["alice"], title: "same", body: "2" });
    const same = (await alice.list()).filter(({ title }) => title === "same");
    assertEquals(same.map(({ id }) => id), [second.id, first.id]);
    assertEquals(await Promise.all(same.map(async ({ id }) => textOf(await alice.read(id)))), [
      "2",
      "1",
    ]);
  });

  await t.step("a body that is not UTF-8 comes back byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 89) & 0xff);
    const sent = await bob.send({
      to: ["alice"],
      title: "photo",
      body: bytes,
      bodyFileName: "cat.jpg",
    });
    assertEquals(sent.size, 3000);
    const mail = await alice.read(sent.id);
    assertEquals(mail.body, { kind: "binary", bytes, fileName: "cat.jpg" });
  });

  await t.step("an unknown index or id is not found", async () => {
    for (const which of [99, "99", "0", "-1", "x", "", "ab".repeat(16), "1e3"]) {
      await assertRejects(() => bob.read(which), NotFoundError);
    }
  });

  await t.step("new mail is announced, own copies are not", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const heard: string[] = [];
    alice.live.onNewMail(({ title }) => heard.push(title));
    bob.live.onNewMail(({ title, from }) => resolve(`${from}: ${title}`));
    await Promise.all([alice.live.start(), bob.live.start()]);
    await alice.send({ to: ["bob"], title: "news", body: "" });
    assertEquals(await promise, "alice: news");
    assertEquals(heard, []);
    await Promise.all([alice.live.stop(), bob.live.stop()]);
  });
});

Deno.test("client: limits and recipients are checked before anything is sent", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  await office.server.invite("dora");
  const mail = { title: "t", body: "b" };
  const refusals: [string, string[], string, string[]][] = [
    ["nobody", [], "no_recipients", []],
    ["blanks only", [" ", ""], "no_recipients", []],
    ["impossible names", ["bob", "böb", "a b"], "bad_recipient_names", ["böb", "a b"]],
    ["unknown names", ["bob", "zoe", "yan"], "unknown_recipients", ["zoe", "yan"]],
    ["one who was invited only", ["dora"], "unknown_recipients", ["dora"]],
  ];
  for (const [name, to, code, names] of refusals) {
    await t.step(`recipients: ${name}`, async () => {
      for (const attempt of [() => alice.send({ ...mail, to }), () => alice.checkRecipients(to)]) {
        const error = await assertRejects(attempt, RecipientsError);
        assertEquals([error.code, error.names], [code, names]);
        assert(error.hint);
      }
    });
  }

  await t.step("too many recipients", async () => {
    const to = Array.from({ length: alice.limits.maxRecipients }, (_, i) => `user${i}`);
    const error = await assertRejects(() => alice.checkRecipients(to), RecipientsError);
    assertEquals(error.code, "too_many_recipients");
  });

  await t.step("sizes at the limit and one above", async () => {
    const uploaded: number[] = [];
    const onProgress = ({ doneBytes }: { doneBytes: number }) => void uploaded.push(doneBytes);
    const limit = alice.limits.maxBodyBytes;
    assertEquals(limit, 1_000_000);
    for (const body of ["x".repeat(limit + 1), "ž".repeat(limit / 2) + "x"]) {
      const error = await assertRejects(
        () => alice.send({ to: ["bob"], title: "t", body, onProgress }),
        TooLargeError,
      );
      assertEquals([error.code, error.what], ["too_large", "body"]);
    }
    const title = await assertRejects(
      () => alice.send({ ...mail, to: ["bob"], title: "ž".repeat(500) + "x", onProgress }),
      TooLargeError,
    );
    assertEquals(title.what, "title");
    assertEquals(uploaded, []);
    assertEquals(await bob.list(), []);

    const body = Uint8Array.from({ length: limit }, (_, i) => 32 + (i * 31) % 90);
    await alice.send({ to: ["bob"], title: "ž".repeat(500), body, onProgress });
    assertEquals(uploaded[0], 0);
    assert(uploaded.every((done, i) => i === 0 || done >= uploaded[i - 1]!));
    const [item] = await bob.list();
    assertEquals([item!.size, item!.title, item!.warnings], [limit, "ž".repeat(500), []]);
    const read: number[] = [];
    const received = await bob.read(1, {
      onProgress: ({ doneBytes, totalBytes }) => void read.push(doneBytes / totalBytes),
    });
    assertEquals(read.at(-1), 1);
    assert(received.body.kind === "text");
    assert(received.body.text === new TextDecoder().decode(body));
  });

  await t.step("a refused mail uses up no counter", async () => {
    await alice.send({ to: ["bob"], title: "after", body: "" });
    assertEquals((await bob.list())[0]?.warnings, []);
  });
});

Deno.test("client: sorting, limits and paging over many mails", async (t) => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  const count = 230;
  const bodies = Array.from({ length: count }, (_, i) => "x".repeat((i * 7) % 50));
  await Promise.all(
    bodies.map((body, i) => alice.send({ to: ["bob"], title: `mail ${(i * 3) % count}`, body })),
  );
  await bob.send({ to: ["bob"], title: "Álpha", body: "x".repeat(60) });

  await t.step("all of them, once each, without warnings", async () => {
    const all = await bob.list();
    assertEquals(all.length, count + 1);
    assertEquals(new Set(all.map(({ id }) => id)).size, count + 1);
    assertEquals(all.flatMap(({ warnings }) => warnings), []);
    assertEquals(all.map(({ index }) => index), all.map((_, i) => count + 1 - i));
  });

  await t.step("a limit gives the first of the whole order", async () => {
    const all = await bob.list();
    for (const limit of [1, 20, 200, 201, 500]) {
      assertEquals(await bob.list({ limit }), all.slice(0, limit), `${limit}`);
    }
    assertEquals(await bob.list({ limit: 3, reverse: true }), all.slice(-3).reverse());
    const sizes = (await bob.list({ sort: "size" })).map(({ size }) => size);
    assertEquals(sizes, [...sizes].sort((a, b) => b - a));
    assertEquals((await bob.list({ sort: "size", limit: 1 }))[0]?.title, "Álpha");
    assertEquals((await bob.list({ sort: "title" })).slice(0, 3).map(({ title }) => title), [
      "Álpha",
      "mail 0",
      "mail 1",
    ]);
    assertEquals((await bob.list({ sort: "sender", reverse: true }))[0]?.from, "bob");
  });

  await t.step("unread mails are found behind read ones", async () => {
    const all = await bob.list();
    const old = all.slice(-3).map(({ index }) => index);
    const indices = all.map(({ index }) => index).filter((index) => !old.includes(index));
    await bob.mails.mark({ indices }, { add: ["read"] });
    assertEquals((await bob.list({ unread: true, limit: 2 })).map(({ index }) => index), [3, 2]);
    assertEquals((await bob.list({ unread: true })).length, 3);
  });

  await t.step("another device sees the same without decapsulating anything", async () => {
    const elsewhere = await office.login("bob");
    const began = performance.now();
    const list = await elsewhere.list();
    assertLess(performance.now() - began, 1000);
    assertEquals(list, await bob.list());
  });
});

Deno.test("client: six people write to each other at the same time", async () => {
  await using office = await Office.open();
  const names = ["ann", "ben", "cat", "dan", "eve", "fay"];
  const people: Mailbox[] = [];
  for (const name of names) people.push(await office.join(name));
  await Promise.all(people.map(async (person) => {
    for (let i = 0; i < 3; i++) {
      const to = names.filter((name) => name !== person.me);
      await person.send({ to, title: `${person.me} ${i}`, body: `from ${person.me}` });
    }
  }));
  for (const person of people) {
    const list = await person.list();
    const expected = names.filter((name) => name !== person.me)
      .flatMap((name) => [0, 1, 2].map((i) => `${name} ${i}`));
    assertEquals(list.map(({ title }) => title).sort(), expected.sort());
    assertEquals(
      list.flatMap(({ warnings, rejected }) => [...warnings, rejected ?? []].flat()),
      [],
    );
    assertEquals(textOf(await person.read(list[0]!.index)), `from ${list[0]!.from}`);
  }
});

Deno.test("client: two sessions of one user send and list at the same time", async () => {
  await using office = await Office.open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  const elsewhere = await office.login("alice");
  const bobElsewhere = await office.login("bob");
  await Promise.all([alice, elsewhere].map(async (session, s) => {
    for (let i = 0; i < 10; i++) {
      await session.send({ to: ["bob"], title: `${s}-${i}`, body: "" });
    }
  }));
  const [one, other] = await Promise.all([bob.list(), bobElsewhere.list()]);
  assertEquals(one.length, 20);
  assertEquals(other, one);
  assertEquals(one.flatMap(({ warnings, rejected }) => [...warnings, rejected ?? []].flat()), []);
  await alice.send({ to: ["bob"], title: "last", body: "" });
  assertEquals((await bobElsewhere.list())[0]?.warnings, []);
});
