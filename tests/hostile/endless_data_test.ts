/** A server that states absurd limits, or answers with more than there can be. */

import { assert, assertEquals } from "@std/assert";
import { EMPTY, randomBytes } from "../../crypto/bytes.ts";
import { encodeLogEntry } from "../../crypto/log_entry.ts";
import { encodePacked } from "../../protocol/codec.ts";
import {
  LOG_PAGE,
  MAX_BODY_BYTES,
  MAX_LOG_ENTRIES,
  MAX_MESSAGE_BYTES,
  MAX_PLAINTEXT_MESSAGE_BYTES,
  MAX_RECIPIENTS,
} from "../../protocol/limits.ts";
import { answerFrom } from "./forged_log.ts";
import { HostileOffice, told, write } from "./hostile_office.ts";

/** Greatest number of requests that an attempt may cost where the server has no end. */
const FEW = 40;

Deno.test("hostile server: limits that no server has are not believed", async (t) => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const { config } = await office.join("alice");
  await office.join("bob");
  const limits = (most: number) => ({
    maxBodyBytes: most,
    maxMessageBytes: most,
    maxRecipients: Math.min(most, 0xffff),
    idleSeconds: Math.min(most, 0xffff),
  });
  await t.step("none at all: nothing can be sent, and that is said", async () => {
    server.handshake.hello = (honest) => ({ ...honest, ...limits(0) });
    const alice = await office.login("alice", config);
    const error = await told(() => alice.box.send({ to: ["bob"], title: "t", body: "text" }));
    assertEquals(error.code, "too_large");
    const empty = await told(() => write(alice, "bob"));
    assertEquals(empty.code, "too_many_recipients");
    assert(!/-\d/.test(empty.message), empty.message);
    assertEquals(server.askedBy("alice").includes("send"), false);
    await alice.box.close();
  });
  await t.step("without end: those of the protocol count", async () => {
    server.handshake.hello = (honest) => ({ ...honest, ...limits(0xffffffff) });
    const alice = await office.login("alice", config);
    assertEquals(alice.box.limits, {
      maxBodyBytes: MAX_BODY_BYTES,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxRecipients: MAX_RECIPIENTS,
    });
    const names = Array.from({ length: 300 }, (_, i) => `user-${i}`);
    const error = await told(() => alice.box.send({ to: names, title: "t", body: "" }));
    assertEquals(error.code, "too_many_recipients");
    await write(alice, "bob");
    await alice.box.close();
  });
  server.behave();
});

Deno.test("hostile server: a key log without end is read to its bound", async (t) => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const { config, box } = await office.join("alice");
  await box.close();
  const entry = (seq: number) =>
    encodeLogEntry({ seq, time: 1, type: "vouch", user: "mallory", recordHash: randomBytes(32) });
  const { head } = (await answerFrom(server, await server.leaves()))({ body: { from: 0 } });
  const saying = (size: number) => head.replace(/\n\d+\n/, `\n${size}\n`);
  const pages: Record<
    string,
    (from: number) => { head: string; leaves: ReturnType<typeof entry>[] }
  > = {
    "a head over more entries than there may be": (from) => ({
      head: saying(MAX_LOG_ENTRIES + 1),
      leaves: Array.from({ length: LOG_PAGE }, (_, i) => entry(from + i)),
    }),
    "a head that grows with every page": (from) => ({
      head: saying(from + 2 * LOG_PAGE),
      leaves: Array.from({ length: 100 }, (_, i) => entry(from + i)),
    }),
    "a page without any": () => ({ head: saying(1000), leaves: [] }),
    "a head that shrinks on the way": (from) => ({
      head: saying(from <= 1 ? 3 * LOG_PAGE : 2),
      leaves: from <= 1 ? Array.from({ length: LOG_PAGE }, (_, i) => entry(from + i)) : [],
    }),
    "leaves that are none": (from) => ({
      head: saying(from + 2),
      leaves: [randomBytes(9), randomBytes(9)],
    }),
  };
  for (const [name, page] of Object.entries(pages)) {
    await t.step(name, async () => {
      server.lies.log_sync = ({ body: { from } }) => page(from);
      const before = server.asked.length;
      const error = await told(() => office.login("alice", config));
      assert(["no_server", "protocol"].includes(error.code), error.code);
      assert(server.asked.length - before < FEW, `${server.asked.length - before} requests`);
    });
  }
});

Deno.test("hostile server: a mailbox and a mail without end come to one", async (t) => {
  await using office = await HostileOffice.open();
  const { server } = office;
  const alice = await office.join("alice");
  const mail = await alice.box.send({ to: ["alice"], title: "t", body: "x".repeat(600_000) });
  assertEquals(mail.size, 600_000);
  const entryAt = (index: number) => ({
    ...{
      index,
      messageId: randomBytes(16),
      arrived: 1,
      contentLength: 1,
      revision: 0,
      sealed: null,
    },
  });
  await t.step("the same page for ever", async () => {
    server.lies.list = () => ({ total: 9, modseq: 9, entries: [entryAt(9), entryAt(8)] });
    const before = server.asked.length;
    assertEquals((await told(() => alice.box.list())).code, "protocol");
    assert(server.asked.length - before < FEW);
  });
  server.behave();
  await t.step("a content that is longer, shorter or empty at every piece", async () => {
    for (const length of [0, 1, 100, 256 * 1024]) {
      server.lies.content = () => ({ data: randomBytes(length).slice(), total: 2 ** 40 });
      const before = server.asked.length;
      const error = await told(() => alice.box.read(1, { markRead: false }));
      assertEquals([error.name, error.code], ["TrustError", "content_mismatch"]);
      assert(server.asked.length - before < FEW);
    }
  });
  server.behave();
  await t.step("a content of another length than was signed is not fetched", async () => {
    server.lies.entries = async ({ honest }) => ({
      entries: (await honest()).entries.map((e) => ({ ...e, contentLength: 2 ** 50 })),
    });
    const before = server.asked.length;
    const error = await told(() => alice.box.read(1, { markRead: false }));
    assertEquals(error.code, "content_mismatch");
    assertEquals(server.asked.slice(before).some(({ type }) => type === "content"), false);
  });
});

Deno.test("hostile server: answers that are none end the connection with a sentence", async (t) => {
  await using office = await HostileOffice.open();
  const { server } = office;
  await office.join("alice");
  const big = new Uint8Array(MAX_PLAINTEXT_MESSAGE_BYTES + 1);
  const cases: Record<string, (id: number) => Uint8Array<ArrayBuffer>[]> = {
    "nothing": () => [EMPTY],
    "rubbish": () => [randomBytes(500)],
    "a message that is too long": () => [big],
    "a list that says it is longer than it is": (id) => [
      new Uint8Array([
        0x83,
        id,
        0x00,
        0x82,
        0x1a,
        0xff,
        0xff,
        0xff,
        0xff,
        0x9a,
        0xff,
        0xff,
        0xff,
        0xff,
      ]),
    ],
    "an answer to another question": (id) => [encodePacked([id + 1, 0, []])],
    "nested without end": () => [new Uint8Array(100_000).fill(0x81)],
    "an unknown refusal": (id) => [encodePacked([id, 1, "because", []])],
  };
  for (const [name, raw] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { box } = await office.login("alice");
      server.raw = (type, id) => type === "list" ? raw(id) : null;
      const before = server.asked.length;
      const error = await told(() => box.list());
      assertEquals(error.name, "ConnectError");
      assert(server.asked.length - before < FEW);
      server.raw = null;
      await box.close();
    });
  }
});
