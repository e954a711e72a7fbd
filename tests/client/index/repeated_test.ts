import { assertEquals } from "@std/assert";
import { EntrySealer } from "../../../crypto/sealed_entry.ts";
import { REJECT_REASONS } from "../../../crypto/envelope_reject.ts";
import { SEGMENT_MAILS } from "../../../client/index/segment.ts";
import { Mailbox } from "../../../client/mailbox.ts";
import { FakeServer, makePerson } from "../fake_server.ts";
import { entryOf, idOf } from "./fake_mails.ts";

const COUNT = 2 * SEGMENT_MAILS + 10;
const EMPTY = new Uint8Array();

/** Alice's mailbox, with mails that her devices have looked at. */
async function mailbox() {
  const alice = await makePerson("alice");
  const server = new FakeServer();
  await server.join(alice);
  const sealer = new EntrySealer(alice.keys.bundleKey, { realm: server.realm, user: "alice" });
  for (let index = 1; index <= COUNT; index++) {
    const messageId = idOf(index);
    const mail = { messageId, header: EMPTY, summary: EMPTY, content: EMPTY };
    server.deliver(mail, ["alice"], 1e12 + index);
    const entry = { ...entryOf({ title: `mail ${index}` }), from: "alice" };
    const sealed = sealer.seal({ messageId, revision: 1 }, entry);
    Object.assign(server.box("alice").at(-1)!, { revision: 1, sealed });
  }
  const account = await server.login(alice);
  const { indexStore } = account;
  const box = new Mailbox(account);
  await box.list({ limit: 1 });
  await box.close();
  const login = async () => {
    return new Mailbox(Object.assign(await server.login(alice), { indexStore }));
  };
  return { server, login };
}

Deno.test("mail index: an old mail under a new number is none, though its segment is not read", async () => {
  const { server, login } = await mailbox();
  const [first] = server.box("alice");
  const modseq = server.modseqs.get("alice")! + 1;
  server.modseqs.set("alice", modseq);
  server.box("alice").push({ ...first!, index: COUNT + 1, modseq });
  for (let round = 0; round < 2; round++) {
    const box = await login();
    const [newest] = await box.list({ limit: 1 });
    assertEquals([newest!.title, newest!.rejected], [`mail ${COUNT}`, undefined]);
    const [repeated] = await box.list({ query: `index:${COUNT + 1}`, limit: 1 });
    assertEquals(repeated!.rejected, REJECT_REASONS.id_seen);
    const [old] = await box.list({ query: "index:1", limit: 1 });
    assertEquals([old!.title, old!.rejected], ["mail 1", undefined]);
    await box.close();
  }
});

Deno.test("mail index: a server that goes back to an earlier entry is not followed", async () => {
  const { server, login } = await mailbox();
  const before = { ...server.box("alice")[4]! };
  const box = await login();
  await box.mails.mark({ indices: [5] }, { add: ["flagged"] });
  assertEquals((await box.list({ query: "is:flagged" })).length, 1);
  await box.close();
  const modseq = server.modseqs.get("alice")! + 1;
  server.modseqs.set("alice", modseq);
  Object.assign(server.box("alice")[4]!, { ...before, modseq });
  const again = await login();
  const flagged = await again.list({ query: "is:flagged" });
  assertEquals(flagged.map(({ index }) => index), [5], "the index knows better");
  await again.close();
});
