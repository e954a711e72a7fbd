import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Mailbox } from "../../client/mailbox.ts";
import { listenAsMany } from "./many_sources.ts";
import { Office } from "./people.ts";
import { assertCutOff, TcpProxy } from "./tcp_proxy.ts";

const open = () => Office.open({ test: { listen: listenAsMany } });

async function titles(box: Mailbox): Promise<[string, string[]][]> {
  return (await box.list()).map(({ title, warnings, rejected }) => [
    title,
    [...warnings, ...rejected === undefined ? [] : [rejected]],
  ]);
}

Deno.test("keys: after a rotation old mail is readable and correspondents follow", async (t) => {
  await using office = await open();
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  await bob.send({ to: ["alice"], title: "old", body: "sealed to the old keys" });
  await alice.send({ to: ["bob"], title: "from old", body: "signed with the old keys" });
  assertEquals(await titles(bob), [["from old", []]]);
  const elsewhere = await office.login("alice");
  const ended = Promise.withResolvers<string>();
  elsewhere.onClosed(ended.resolve);

  await t.step("the user has new keys", async () => {
    const rotated = await alice.care.rotateKeys();
    assertEquals(rotated.epoch, 2);
    assertNotEquals(rotated.before, rotated.now);
  });

  await t.step("a mail never seen before, sealed to the old keys, is read", async () => {
    assertEquals(await titles(alice), [["old", []]]);
    assertEquals((await alice.read(1)).body, { kind: "text", text: "sealed to the old keys" });
  });

  await t.step("both write to each other without a question and without a warning", async () => {
    await alice.send({ to: ["bob"], title: "from new", body: "1" });
    assertEquals(await titles(bob), [["from new", []], ["from old", []]]);
    await bob.send({ to: ["alice"], title: "to new", body: "2" });
    assertEquals(await titles(alice), [["to new", []], ["old", []]]);
  });

  await t.step("what was sent before and after is among the sent mails", async () => {
    const sent = await alice.list({ sent: true });
    assertEquals(sent.map(({ title, warnings }) => [title, warnings]), [
      ["from new", []],
      ["from old", []],
    ]);
  });

  await t.step("another own device that was connected goes on with the new keys", async () => {
    await ended.promise;
    assertEquals((await titles(elsewhere)).length, 2);
    await elsewhere.send({ to: ["bob"], title: "from elsewhere", body: "3" });
    assertEquals((await titles(bob))[0], ["from elsewhere", []]);
  });

  await t.step("a new device sees it all", async () => {
    const fresh = await office.login("alice");
    assertEquals((await titles(fresh)).length, 2);
    assertEquals((await fresh.list({ sent: true })).length, 3);
    await fresh.send({ to: ["bob"], title: "from fresh", body: "4" });
    assertEquals((await titles(bob))[0], ["from fresh", []]);
  });
});

Deno.test("keys: a rotation broken off anywhere is made once or not at all", async () => {
  await using office = await open();
  await using proxy = new TcpProxy(office.server.port);
  const address = { host: "127.0.0.1", port: proxy.port };
  const bob = await office.join("bob");
  await (await office.join("alice")).close();
  const alice = await office.login("alice", { address });
  let epoch = 1;
  // The replies are to lookup, change_credentials, and those of a new connection.
  for (const lost of [[1], [2], [2, 4], [2, 6]]) {
    let replies = 0;
    proxy.onReply = () => !lost.includes(++replies);
    const before = epoch;
    const rotate = async () => epoch = (await alice.care.rotateKeys()).epoch;
    await rotate().catch((error) => {
      assertCutOff(error);
      return rotate();
    });
    assert(replies >= Math.max(...lost), `replies ${lost} were lost`);
    proxy.onReply = () => true;
    assert(epoch === before + 1 || epoch === before + 2, `${before} to ${epoch}`);
    const title = `round ${lost}`;
    await alice.send({ to: ["bob"], title, body: "" });
    assertEquals((await titles(bob))[0], [title, []]);
  }
  await alice.close();
});

Deno.test("keys: two devices that rotate at once both end with keys that count", async () => {
  await using office = await open();
  const bob = await office.join("bob");
  const [one, two] = [await office.join("alice"), await office.login("alice")];
  const [first, second] = await Promise.all([one.care.rotateKeys(), two.care.rotateKeys()]);
  assertEquals(new Set([first.epoch, second.epoch]), new Set([2, 3]));
  for (const [i, box] of [one, two].entries()) {
    await box.send({ to: ["bob"], title: `device ${i}`, body: "" });
    assertEquals((await titles(bob))[0], [`device ${i}`, []]);
  }
});

Deno.test("keys: wrong keys in the directory for oneself stop a rotation", async () => {
  await using office = await open();
  const alice = await office.join("alice");
  await office.server.reset("alice");
  await assertRejects(() => alice.care.rotateKeys());
});
