import { assert, assertEquals } from "@std/assert";
import { SegmentBlobs } from "../../../client/index/segment_blobs.ts";
import { IndexSealer } from "../../../client/index/segment_files.ts";
import { Mailbox } from "../../../client/mailbox.ts";
import { randomBytes, toHex } from "../../../crypto/bytes.ts";
import { MAX_BLOB_BYTES } from "../../../protocol/limits.ts";
import { FakeServer, makePerson } from "../fake_server.ts";

const alice = await makePerson("alice");
/** Enough for one device to upload them. */
const MAILS = 66;

async function withMails(): Promise<{ server: FakeServer; box: Mailbox }> {
  const server = new FakeServer();
  const box = new Mailbox(await server.join(alice));
  for (let i = 0; i < MAILS; i++) {
    await box.send({ to: ["alice"], title: `Title ${i}`, body: `the walrusword${i}z is here` });
  }
  return { server, box };
}

/** How often each mail's content was asked for, from now on. */
function contentRequests(server: FakeServer): () => number {
  const before = server.asked.length;
  return () => server.asked.slice(before).filter((type) => type === "content").length;
}

Deno.test("search devices: a new machine asks for no content that another one has read", async () => {
  const { server, box } = await withMails();
  const status = await box.search.index();
  assertEquals(status, { covered: MAILS, total: MAILS, unreadable: 0 });
  assertEquals((await box.list({ query: "walrusword7z" })).map(({ title }) => title), ["Title 7"]);
  await box.close();
  const requests = contentRequests(server);
  const other = new Mailbox(await server.login(alice));
  assertEquals((await other.search.index()).covered, MAILS);
  assertEquals((await other.list({ query: "walrusword7z" })).length, 1);
  assertEquals((await other.list({ query: '"the walrusword9z is"' })).length, 1);
  assertEquals(requests(), 0);
  await other.send({ to: ["alice"], title: "New", body: "an okapiword" });
  assertEquals((await other.list({ query: "okapiword" })).map(({ title }) => title), ["New"]);
  assertEquals(requests(), 1);
  await other.close();
});

Deno.test("search devices: searching marks nothing read, and blobs say nothing", async () => {
  const { server, box } = await withMails();
  const unread = (await box.list({ unread: true })).length;
  await box.search.index();
  const { ranks } = await box.search.find([{ text: "walrusword", prefix: true }]);
  await box.search.snippets([...ranks.keys()], [{ text: "walrusword7z" }], 60);
  assertEquals((await box.list({ unread: true })).length, unread);
  assert(server.blobs.size > 2);
  for (const { name, sealed } of server.blobs.values()) {
    assert(sealed.length <= MAX_BLOB_BYTES);
    const text = new TextDecoder("latin1").decode(sealed);
    for (const word of ["walrusword", "SQLite format", "search", "alice"]) {
      assert(!text.includes(word) && !toHex(name).includes(word));
    }
  }
  await box.close();
});

Deno.test("search devices: blobs that the server swaps, changes or drops are as none", async () => {
  const { server, box } = await withMails();
  await box.search.index();
  const names = [...server.blobs.keys()];
  const honest = new Map(server.blobs);
  const lies: ((key: string) => void)[] = [
    (key) => void server.blobs.delete(key),
    (key) => {
      const sealed = honest.get(key)!.sealed.map((byte, i) => i === 200 ? byte ^ 1 : byte);
      server.blobs.set(key, { ...honest.get(key)!, sealed });
    },
    (key) => {
      const { sealed } = honest.get(names.find((other) => other !== key)!)!;
      server.blobs.set(key, { ...honest.get(key)!, sealed });
    },
  ];
  for (const key of names) {
    const lie = lies[names.indexOf(key) % lies.length]!;
    for (const [each, blob] of honest) server.blobs.set(each, blob);
    lie(key);
    const other = new Mailbox(await server.login(alice));
    assertEquals((await other.search.index()).covered, MAILS);
    assertEquals((await other.list({ query: "walrusword7z" })).length, 1);
    await other.close();
  }
  await box.close();
});

Deno.test("segment blobs: written over, removed, and written by two devices", async () => {
  const server = new FakeServer();
  const account = await server.join(alice);
  const open = () => new SegmentBlobs(account, new IndexSealer(account.keys.bundleKey, account));
  const [one, two] = [open(), open()];
  assertEquals(await one.read("a"), null);
  await one.remove("a");
  await one.write("a", randomBytes(10));
  const bytes = randomBytes(1000);
  await two.write("a", bytes);
  assertEquals(await one.read("a"), bytes);
  await two.write("a", randomBytes(10));
  await one.write("a", bytes);
  assertEquals(await two.read("a"), bytes);
  await two.write("a", bytes);
  await one.remove("a");
  assertEquals(await two.read("a"), null);
  assertEquals(await two.read("b"), null);
  await two.write("a", bytes);
  assertEquals(await open().read("a"), bytes);
  const other = { ...account, keys: { ...account.keys, bundleKey: randomBytes(32) } };
  const foreign = new SegmentBlobs(account, new IndexSealer(other.keys.bundleKey, account));
  assertEquals(await foreign.read("a"), null);
});
