import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectError, RejectedMailError } from "../../../client/errors.ts";
import { TrustError } from "../../../crypto/trust_error.ts";
import { ServerError } from "../../../protocol/error_codes.ts";
import { device, FakeMails, FakeStore, found } from "./doubles.ts";

/** So many mails, each with a word of its own: `w7x`. */
function mailsWith(count: number): FakeMails {
  const mails = new FakeMails();
  mails.add(...Array.from({ length: count }, (_, i) => `w${i + 1}x common`));
  return mails;
}

Deno.test("search index: what is in it is not read again, what is new is", async () => {
  const mails = mailsWith(100);
  const { search, disk, server } = device(mails);
  assertEquals(await search.index(), { covered: 100, total: 100, unreadable: 0 });
  assertEquals(mails.reads.length, 100);
  const again = device(mails, { disk, server });
  const index = mails.add("brand new");
  assertEquals((await again.search.status()).covered, 100);
  await again.search.index();
  assertEquals(mails.reads.slice(100), [index]);
});

Deno.test("search index: broken off by a signal, it goes on from there", async () => {
  const mails = mailsWith(300);
  const { search, disk, server } = device(mails);
  const controller = new AbortController();
  mails.onRead = () => {
    if (mails.reads.length === 130) controller.abort();
  };
  const { covered } = await search.index({ signal: controller.signal });
  assert(covered >= 96 && covered < 200, `covered ${covered}`);
  const again = device(mails, { disk, server });
  assertEquals((await again.search.status()).covered, covered);
  await again.search.index();
  assertEquals(new Set(mails.reads).size, 300);
  assertEquals(mails.reads.length, 300);
  assertEquals((await found(again.search, "common")).length, 300);
});

Deno.test("search index: a lost connection keeps what was read before", async () => {
  const mails = mailsWith(200);
  mails.mails.get(20)!.fault = new ConnectError("lost", "The connection was lost.");
  const { search, disk } = device(mails);
  await assertRejects(() => search.index(), ConnectError);
  const reads = mails.reads.length;
  delete mails.mails.get(20)!.fault;
  const again = device(mails, { disk });
  await again.search.index();
  assert(mails.reads.length - reads < 100, "most of it was read again");
  assertEquals(await found(again.search, "w20x"), [20]);
});

Deno.test("search index: a crash between any two writes loses little and breaks nothing", async () => {
  for (let writes = 0; writes < 8; writes++) {
    const mails = mailsWith(70);
    const disk = new FakeStore();
    const server = new FakeStore();
    let left = writes;
    disk.onWrite = server.onWrite = () => {
      if (left-- === 0) throw new Error("power cut");
    };
    await device(mails, { disk, server }).search.index().catch(() => {});
    left = Infinity;
    const { search } = device(mails, { disk, server });
    assertEquals(await search.index(), { covered: 70, total: 70, unreadable: 0 });
    assertEquals((await found(search, "common")).length, 70, `after ${writes} writes`);
    assertEquals((await search.find([{ text: "w7x common" }])).ranks.size, 1);
  }
});

Deno.test("search index: a budget ends the work", async () => {
  const mails = mailsWith(200);
  const { search } = device(mails);
  assertEquals((await search.index({ budgetMs: -1 })).covered, 0);
  assertEquals(mails.reads, []);
});

Deno.test("search index: unreadable mail is remembered, and found by title and people", async () => {
  const mails = new FakeMails();
  const fault = new TrustError("content_mismatch", "not what was signed");
  mails.add("fine", { title: "Broken", from: "carol", body: "hidden", fault });
  mails.add({ title: "Odd", fault: new RejectedMailError("x", "rejected") });
  const { search, disk } = device(mails);
  assertEquals(await search.index(), { covered: 3, total: 3, unreadable: 2 });
  await search.index();
  assertEquals(mails.reads.length, 3);
  assertEquals(await found(search, "broken"), [2]);
  assertEquals(await found(search, "carol"), [2]);
  assertEquals((await device(mails, { disk }).search.status()).unreadable, 2);
  delete mails.mails.get(2)!.fault;
  assertEquals((await search.rebuild()).unreadable, 1);
  assertEquals(await found(search, "hidden"), [2]);
});

Deno.test("search index: mail that failed a check never gets in, until it passes", async () => {
  const mails = new FakeMails();
  mails.add("good", { rejected: true, title: "", body: "forged" });
  const { search } = device(mails);
  assertEquals(await search.index(), { covered: 1, total: 1, unreadable: 0 });
  assertEquals(mails.reads, [1]);
  mails.mails.get(2)!.rejected = false;
  assertEquals(await found(search, "forged"), [2]);
});

Deno.test("search index: words of removed mail are gone from the images", async () => {
  const mails = mailsWith(100);
  mails.mails.get(50)!.body = "supercalifragilistic";
  const { search, disk } = device(mails);
  await search.index();
  const images = () => [...disk.parts.values()].map((bytes) => new TextDecoder().decode(bytes));
  assert(images().some((image) => image.includes("supercalifragilistic")));
  mails.mails.delete(50);
  assertEquals(await found(search, "supercalifragilistic"), []);
  await search.index();
  assert(!images().some((image) => image.includes("supercali")));
  mails.mails.clear();
  await search.index();
  assert(!images().some((image) => image.includes("common")));
});

Deno.test("search index: a new device downloads what another has read", async () => {
  const mails = mailsWith(100);
  const { search, server } = device(mails);
  await search.index();
  const reads = mails.reads.length;
  const other = device(mails, { server });
  assertEquals((await other.search.index()).covered, 100);
  assertEquals(mails.reads.length, reads);
  assertEquals(await found(other.search, "w42x"), [42]);
  assertEquals((await other.search.find([{ text: "w42x common" }])).ranks.size, 1);
});

Deno.test("search index: two devices lose nothing of each other's work", async () => {
  const mails = mailsWith(100);
  const server = new FakeStore();
  const [one, two] = [device(mails, { server }), device(mails, { server })];
  await one.search.index();
  mails.add(...Array.from({ length: 70 }, () => "second batch"));
  await two.search.index();
  mails.add(...Array.from({ length: 70 }, () => "third batch"));
  await Promise.all([one.search.index(), two.search.index()]);
  for (const { search } of [one, two, device(mails, { server })]) {
    await search.index();
    assertEquals((await found(search, "batch")).length, 140);
    assertEquals((await found(search, "common")).length, 100);
  }
});

Deno.test("search index: two processes on one disk lose nothing", async () => {
  const mails = mailsWith(100);
  const { search: one, disk, server } = device(mails);
  const { search: two } = device(mails, { disk, server });
  await Promise.all([one.index(), two.index()]);
  mails.add(...Array.from({ length: 30 }, () => "later"));
  await Promise.all([one.index(), two.index()]);
  const { search } = device(mails, { disk, server });
  await search.index();
  for (const each of [one, two, search]) {
    assertEquals((await found(each, "later")).length, 30);
    assertEquals((await found(each, "common")).length, 100);
  }
});

Deno.test("search index: damaged, cut and foreign parts are thrown away and made anew", async () => {
  const good = mailsWith(80);
  const { search, disk: goodDisk } = device(good);
  await search.index();
  const other = device(mailsWith(5000));
  await other.search.index();
  const spoil: ((bytes: Uint8Array) => Uint8Array<ArrayBuffer>)[] = [
    () => new Uint8Array(),
    () => new Uint8Array(5000).fill(65),
    (bytes) => bytes.slice(0, bytes.length >> 1),
    (bytes) => bytes.map((byte, i) => i > 4000 ? byte ^ 0xff : byte) as Uint8Array<ArrayBuffer>,
    () => other.disk.parts.get("search/1/words")!,
    () => other.disk.parts.get("search/1/positions")!,
    () => other.disk.parts.get("search/coverage")!,
  ];
  for (const name of goodDisk.parts.keys()) {
    for (const [i, change] of spoil.entries()) {
      const disk = new FakeStore();
      for (const [part, bytes] of goodDisk.parts) disk.parts.set(part, bytes);
      disk.parts.set(name, change(goodDisk.parts.get(name)!));
      const { search } = device(good, { disk });
      await search.find([{ text: "w7x" }]);
      await search.find([{ text: "w7x common" }]);
      await search.index();
      assertEquals(await found(search, "w7x"), [7], `${name}, damage ${i}`);
      assertEquals((await search.find([{ text: "w7x common" }])).ranks.size, 1, `${name} ${i}`);
    }
  }
});

Deno.test("search index: parts on the server that do not fit together are as none", async () => {
  const mails = mailsWith(100);
  const { search, server } = device(mails);
  await search.index();
  for (const name of [...server.parts.keys()]) {
    const spoilt = new FakeStore();
    for (const [part, bytes] of server.parts) spoilt.parts.set(part, bytes);
    spoilt.parts.set(name, server.parts.get(name)!.map((byte, i) => i < 16 ? byte ^ 1 : byte));
    const other = device(mails, { server: spoilt });
    assertEquals((await other.search.index()).covered, 100);
    assertEquals(await found(other.search, "w42x"), [42]);
  }
});

Deno.test("search index: without room on the server it is on this device all the same", async () => {
  const mails = mailsWith(100);
  const server = new FakeStore();
  server.onWrite = () => {
    throw new ServerError("too_large");
  };
  const { search } = device(mails, { server });
  assertEquals((await search.index()).covered, 100);
  assertEquals(await found(search, "w42x"), [42]);
});

Deno.test("search index: kept up in the background, and closed in the middle of it", async () => {
  const mails = mailsWith(100);
  const { search, disk, server } = device(mails);
  search.follow(mails.onChange);
  await search.index();
  mails.add(...Array.from({ length: 400 }, () => "much more"));
  mails.tell();
  await search.close();
  const again = device(mails, { disk, server });
  await again.search.index();
  assertEquals((await found(again.search, "more")).length, 400);
  mails.tell();
});
