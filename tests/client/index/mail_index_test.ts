import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { toHex } from "../../../crypto/bytes.ts";
import type { MailIndex } from "../../../client/index/mail_index.ts";
import { decodeManifest, encodeManifest } from "../../../client/index/manifest.ts";
import { SEGMENT_MAILS } from "../../../client/index/segment.ts";
import { ServerError } from "../../../protocol/error_codes.ts";
import { FakeStore } from "../search/doubles.ts";
import { expectedLines, FakeMails, idOf, indexOf, linesOf, type MadeUp } from "./fake_mails.ts";

const titled = (count: number): MadeUp[] =>
  Array.from({ length: count }, (_, i) => ({ title: `mail ${i}`, flags: i % 3 ? ["read"] : [] }));

/** The first indexes that `newestFirst` gives. */
async function firstOf(index: MailIndex, count: number): Promise<number[]> {
  const first: number[] = [];
  for await (const some of index.newestFirst()) {
    first.push(...some);
    if (first.length >= count) break;
  }
  return first.slice(0, count);
}

/** A store that counts what is read. */
class CountingStore extends FakeStore {
  readonly reads: string[] = [];

  override read(name: string) {
    this.reads.push(name);
    return super.read(name);
  }
}

/** A mailbox and the index that a device has left on its disk. */
async function leftOnDisk(count: number) {
  const mails = new FakeMails();
  mails.add(...titled(count));
  const [disk, server] = [new CountingStore(), new CountingStore()];
  const index = indexOf(mails, { disk, server });
  await index.sync();
  await index.save();
  await index.share();
  mails.asked.length = disk.reads.length = server.reads.length = 0;
  return { mails, disk, server };
}

Deno.test("mail index: keeps up with mails that come, change and go", async () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 3 }), date: fc.option(fc.nat({ max: 2e12 })) }),
    fc.record({ change: fc.nat({ max: 40 }) }),
    fc.record({ remove: fc.nat({ max: 40 }) }),
    fc.constantFrom("sync", "catchUp", "restart", "forget"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const mails = new FakeMails();
      const places = { disk: new FakeStore(), server: new FakeStore() };
      let index = indexOf(mails, places);
      const pick = (at: number) => [...mails.mails.keys()][at % (mails.mails.size || 1)];
      for (const step of steps) {
        if (step === "sync") await index.sync();
        else if (step === "catchUp") await index.catchUp();
        else if (step === "forget") mails.hasForgotten = true;
        else if (step === "restart") {
          await index.save();
          index = indexOf(mails, places);
        } else if ("add" in step) {
          const mail = step.date === null ? {} : { date: step.date };
          mails.add(...Array.from({ length: step.add }, () => mail));
        } else {
          const at = pick("change" in step ? step.change : step.remove);
          if (at === undefined) continue;
          if ("change" in step) mails.change(at, { title: `changed ${at}`, flags: ["flagged"] });
          else mails.remove(at);
        }
        if (step !== "forget") mails.hasForgotten = false;
      }
      await index.catchUp();
      assertEquals(
        await firstOf(index, Infinity),
        expectedLines(mails).map((line) => parseInt(line)),
      );
      await index.sync();
      assertEquals(linesOf(index), expectedLines(mails));
      assertEquals(index.lastIndex, Math.max(0, ...mails.mails.keys()));
    }),
    { numRuns: 60 },
  );
});

Deno.test("mail index: a page needs the newest segment only, from this disk", async () => {
  const { mails, disk, server } = await leftOnDisk(5 * SEGMENT_MAILS);
  const index = indexOf(mails, { disk, server });
  await index.catchUp();
  assertEquals(await firstOf(index, 20), Array.from({ length: 20 }, (_, i) => 5120 - i));
  assertEquals(disk.reads, ["mails", "mails/4"]);
  assertEquals([server.reads, mails.asked], [[], ["changes"]]);
  await index.sync();
  assertEquals(linesOf(index), expectedLines(mails));
  assertEquals(mails.asked, ["changes", "changes"]);
});

Deno.test("mail index: mails that are gone, or have changed, in segments that were not read", async () => {
  const { mails, disk, server } = await leftOnDisk(3 * SEGMENT_MAILS);
  const happenings = [
    () => mails.remove(5),
    () => mails.change(1500, { title: "changed", folder: "archive" }),
  ];
  for (const happens of happenings) {
    happens();
    const index = indexOf(mails, { disk, server });
    await index.catchUp();
    await index.save();
    const again = indexOf(mails, { disk, server });
    for (const one of [index, again]) {
      await one.sync();
      assertEquals(linesOf(one), expectedLines(mails));
    }
  }
});

Deno.test("mail index: imported mail of any date stands where it belongs, read or not", async () => {
  const mails = new FakeMails();
  mails.add(...titled(3000));
  const dates = Array.from({ length: 1500 }, (_, i) => ({ date: (i * 7919) % 3_000_000 + 1e12 }));
  mails.add(...dates, ...titled(500));
  const places = { disk: new FakeStore(), server: new FakeStore() };
  const made = indexOf(mails, places);
  await made.sync();
  await made.save();
  const index = indexOf(mails, places);
  await index.catchUp();
  const expected = expectedLines(mails).map((line) => parseInt(line));
  assertEquals(await firstOf(index, 700), expected.slice(0, 700));
  assertEquals(await firstOf(index, Infinity), expected);
});

Deno.test("mail index: a segment that is lost, damaged or old is made anew, and no other", async () => {
  const { mails, disk, server } = await leftOnDisk(4 * SEGMENT_MAILS);
  const old = disk.parts.get("mails/1")!;
  mails.change(SEGMENT_MAILS + 5, { title: "changed" });
  const second = indexOf(mails, { disk, server });
  await second.sync();
  await second.save();
  disk.parts.delete("mails/0");
  disk.parts.set("mails/1", old);
  disk.parts.set("mails/2", disk.parts.get("mails/2")!.slice(0, 99));
  mails.asked.length = 0;
  const third = indexOf(mails, { disk, server });
  await third.sync();
  assertEquals(linesOf(third), expectedLines(mails));
  assertEquals(mails.asked.toSorted(), ["changes", "within 1", "within 1025", "within 2049"]);
  await third.save();
  mails.asked.length = 0;
  const fourth = indexOf(mails, { disk, server });
  await fourth.sync();
  assertEquals([linesOf(fourth), mails.asked], [expectedLines(mails), ["changes"]]);
});

Deno.test("mail index: a new device takes it from the server, piece by piece", async () => {
  const { mails, server } = await leftOnDisk(3 * SEGMENT_MAILS);
  mails.add({ title: "since" });
  const disk = new CountingStore();
  const index = indexOf(mails, { disk, server });
  await index.catchUp();
  assertEquals(await firstOf(index, 1), [3 * SEGMENT_MAILS + 1]);
  await index.sync();
  assertEquals(linesOf(index), expectedLines(mails));
  assertEquals(mails.asked.filter((asked) => asked !== "changes"), []);
  await index.save();
  server.reads.length = 0;
  const again = indexOf(mails, { disk, server });
  await again.sync();
  assertEquals([linesOf(again), server.reads], [expectedLines(mails), []]);
});

Deno.test("mail index: what a device has not read of it stays on the server until it is needed", async () => {
  const { mails, server } = await leftOnDisk(3 * SEGMENT_MAILS);
  const disk = new CountingStore();
  const first = indexOf(mails, { disk, server });
  await first.catchUp();
  await first.save();
  assertEquals([...disk.parts.keys()].sort(), ["mails", "mails/2"]);
  mails.change(7, { title: "changed elsewhere" });
  const other = indexOf(mails, { server });
  await other.sync();
  const again = indexOf(mails, { disk, server });
  await again.sync();
  assertEquals(linesOf(again), expectedLines(mails));
});

Deno.test("mail index: it is given to the server when it has changed much, not each time", async () => {
  const { mails, disk, server } = await leftOnDisk(2 * SEGMENT_MAILS);
  const writes = () => server.writes.splice(0);
  assertEquals(writes().sort(), ["mails", "mails/0", "mails/1"]);
  const work = async (changes: number) => {
    for (let i = 1; i <= changes; i++) mails.change(i, { title: `changed ${i}` });
    const index = indexOf(mails, { disk, server });
    await index.sync();
    await index.save();
    await index.share();
  };
  await work(100);
  assertEquals(writes(), []);
  await work(400);
  assertEquals(writes(), ["mails/0", "mails"], "what has changed, and then what it says");
  const device = indexOf(mails, { server });
  await device.sync();
  assertEquals(linesOf(device), expectedLines(mails));
});

Deno.test("mail index: two devices that give it to the server do not spoil it", async () => {
  const { mails, disk, server } = await leftOnDisk(2 * SEGMENT_MAILS);
  const second = new FakeStore();
  const [one, other] = [indexOf(mails, { disk, server }), indexOf(mails, { disk: second, server })];
  await Promise.all([one.sync(), other.sync()]);
  for (let i = 1; i <= 600; i++) mails.change(i, { title: `first ${i}` });
  await one.sync();
  for (let i = 1500; i <= 2040; i++) mails.change(i, { title: `second ${i}` });
  await other.sync();
  await Promise.all([one, other].map((index) => index.save().then(() => index.share())));
  const third = indexOf(mails, { server });
  await third.sync();
  assertEquals(linesOf(third), expectedLines(mails));
});

Deno.test("mail index: that the server takes nothing costs this device nothing", async () => {
  const { mails, disk, server } = await leftOnDisk(2 * SEGMENT_MAILS);
  for (let i = 1; i <= 600; i++) mails.change(i, { title: `changed ${i}` });
  server.onWrite = () => {
    throw new ServerError("internal");
  };
  const index = indexOf(mails, { disk, server });
  await index.sync();
  await index.save();
  await assertRejects(() => index.share(), ServerError);
  mails.asked.length = 0;
  const again = indexOf(mails, { disk, server });
  await again.sync();
  assertEquals([linesOf(again), mails.asked], [expectedLines(mails), ["changes"]]);
  server.onWrite = () => {};
  await again.share();
  const device = indexOf(mails, { server });
  await device.sync();
  assertEquals(linesOf(device), expectedLines(mails));
});

Deno.test("mail index: a server that has no room, or gives something else, costs time only", async (t) => {
  const mails = new FakeMails();
  mails.add(...titled(2 * SEGMENT_MAILS));
  const server = new FakeStore();
  server.onWrite = (name) => {
    if (name === "mails/0") throw new ServerError("too_large");
  };
  const index = indexOf(mails, { server });
  await index.sync();
  await index.save();
  await index.share();
  await t.step("no room", async () => {
    const device = indexOf(mails, { server });
    mails.asked.length = 0;
    await device.sync();
    assertEquals(linesOf(device), expectedLines(mails));
    assertEquals(mails.asked, ["changes", "within 1"]);
  });
  await t.step("segments in each other's place, none at all, or no manifest", async () => {
    const { parts } = server;
    for (
      const change of [
        () => parts.set("mails/0", parts.get("mails/1")!),
        () => parts.set("mails/1", new Uint8Array(30)),
        () => parts.delete("mails/1"),
        () => parts.set("mails", new Uint8Array(3)),
      ]
    ) {
      change();
      const device = indexOf(mails, { server });
      await device.sync();
      assertEquals(linesOf(device), expectedLines(mails));
    }
  });
});

Deno.test("mail index: an entry of an earlier revision never takes the place of a later one", async () => {
  const mails = new FakeMails();
  mails.add(...titled(10));
  mails.change(3, { title: "newer", flags: ["flagged"] });
  const index = indexOf(mails);
  await index.sync();
  const expected = expectedLines(mails);
  // As `change` does it, but back to what was.
  mails.change(3, { title: "older" });
  mails.mails.get(3)!.revision = 1;
  await index.sync();
  assertEquals(linesOf(index), expected);
  mails.hasForgotten = true;
  await index.sync();
  assertEquals(linesOf(index), expected);
});

Deno.test("mail index: what this device has changed is asked for only if others have, too", async (t) => {
  const { mails, disk, server } = await leftOnDisk(2 * SEGMENT_MAILS);
  const index = indexOf(mails, { disk, server });
  await index.catchUp();
  const told: number[] = [];
  index.onChange((changed) => told.push(...changed));
  const asked = async (work: () => ReturnType<FakeMails["change"]>[]) => {
    const changed = work();
    mails.asked.length = 0;
    await index.changed(changed);
    const requests = [...mails.asked];
    await index.load();
    assertEquals(linesOf(index), expectedLines(mails));
    return requests;
  };
  const flag = (number: number) => mails.change(number, { title: `${number}`, flags: ["flagged"] });
  await t.step("only this device, in whatever order", async () => {
    assertEquals(await asked(() => [flag(3), flag(2000), flag(7)].reverse()), []);
    assertEquals(told.splice(0).sort((a, b) => a - b), [3, 7, 2000]);
  });
  await t.step("another one in between, before, and after", async () => {
    const others = () => void mails.change(9, { title: "another device" });
    assertEquals(await asked(() => [flag(4), (others(), flag(5))]), ["changes"]);
    others();
    assertEquals(await asked(() => [flag(6)]), ["changes"]);
    const changed = flag(8);
    others();
    mails.asked.length = 0;
    await index.changed([changed]);
    assertEquals(mails.asked, []);
    await index.catchUp();
    assertEquals(linesOf(index), expectedLines(mails));
  });
  await t.step("it is stored with the rest", async () => {
    await index.save();
    const again = indexOf(mails, { disk, server });
    await again.sync();
    assertEquals(linesOf(again), expectedLines(mails));
  });
  await t.step("a server that counts as it likes", async () => {
    const lie = { ...flag(11), modseq: 0 };
    assertEquals(await asked(() => [lie]), ["changes"]);
    assertEquals(await asked(() => [{ ...flag(12), modseq: 1e9 }]), ["changes"]);
  });
});

Deno.test("mail index: a mail that cannot be settled is looked at again, and not stored", async () => {
  const mails = new FakeMails();
  mails.add(...titled(5));
  const late = mails.addUnsettled({ title: "late" });
  mails.unknown.add(late);
  const places = { disk: new FakeStore(), server: new FakeStore() };
  for (let round = 0; round < 2; round++) {
    const index = indexOf(mails, places);
    await index.sync();
    assertEquals(index.row(late)?.revision, 0);
    await index.save();
  }
  mails.unknown.clear();
  const index = indexOf(mails, places);
  await index.sync();
  assertEquals([index.row(late)?.revision, index.row(late)?.title], [1, "late"]);
});

Deno.test("mail index: found by id and by content; what changes is told; what is above an index", async () => {
  const mails = new FakeMails();
  mails.add(...titled(2100));
  const index = indexOf(mails);
  const told: number[][] = [];
  const stop = index.onChange((changed) => told.push([...changed].sort((a, b) => a - b)));
  await index.sync();
  assertEquals(told.splice(0).map(({ length }) => length), [2100]);
  assertEquals(index.byId(toHex(idOf(1500)))?.index, 1500);
  assertEquals(index.byId("ab".repeat(16)), undefined);
  assert(index.hasContent(index.row(1)!.contentHash));
  assert(!index.hasContent("ab".repeat(8)));
  assertEquals(await index.above(2097), [2098, 2099, 2100]);
  mails.remove(2100);
  mails.change(4, { title: "new" });
  await index.sync();
  assertEquals([told.splice(0), index.lastIndex], [[[4, 2100]], 2099]);
  assertEquals(index.byId(toHex(idOf(2100))), undefined);
  stop();
  mails.remove(4);
  await index.sync();
  assertEquals([told, await index.above(2097)], [[], [2098, 2099]]);
});

Deno.test("mail index: a server's indexes may lie as far apart as it likes", async () => {
  const mails = new FakeMails();
  for (let i = 1; i <= 300; i++) mails.addAt(i * 1_000_003, { title: `${i}` });
  const places = { disk: new FakeStore(), server: new FakeStore() };
  const index = indexOf(mails, places);
  await index.sync();
  assertEquals(linesOf(index), expectedLines(mails));
  await index.save();
  const again = indexOf(mails, places);
  await again.sync();
  assertEquals(linesOf(again), expectedLines(mails));
});

Deno.test("mail index: a manifest says the same when it was written and read", () => {
  const mails = new Uint8Array(SEGMENT_MAILS / 8).fill(0x5a);
  const segments = new Map([
    [0, { written: 7, place: "disk", newest: 1e12, mails } as const],
    [9, { written: 3, place: "none", newest: 0, mails } as const],
  ]);
  const manifest = { modseq: 9, shared: 4, segments, unsettled: [5, 77] };
  assertEquals(decodeManifest(encodeManifest(manifest)), manifest);
});
