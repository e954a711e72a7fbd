/** Every request against a real server, as its user sees it. */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { CONTENT_CHUNK_BYTES } from "../../protocol/limits.ts";
import { content } from "../../protocol/messages/content.ts";
import { entries } from "../../protocol/messages/entries.ts";
import { fetchMails } from "../../protocol/messages/fetch.ts";
import { getState } from "../../protocol/messages/get_state.ts";
import { list } from "../../protocol/messages/list.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { putEntry } from "../../protocol/messages/put_entry.ts";
import { putState } from "../../protocol/messages/put_state.ts";
import { sendBegin } from "../../protocol/messages/send_begin.ts";
import { sendChunk } from "../../protocol/messages/send_chunk.ts";
import { sendCommit } from "../../protocol/messages/send_commit.ts";
import { withOffice } from "../../server/admin/office.ts";
import { setDisabled } from "../../server/admin/users.ts";
import { startTestServer } from "./harness.ts";
import { join, login, type TestClient } from "./test_client.ts";

async function refusal(work: () => Promise<unknown>): Promise<[string, readonly string[]]> {
  const error = await assertRejects(work, ServerError);
  return [error.code, error.names];
}

async function readAll(client: TestClient, messageId: Bytes): Promise<Uint8Array> {
  const pieces: number[] = [];
  for (;;) {
    const piece = { messageId, offset: pieces.length, length: CONTENT_CHUNK_BYTES };
    const { data, total } = await client.session.request(content, piece);
    for (const byte of data) pieces.push(byte);
    if (pieces.length >= total) return Uint8Array.from(pieces);
  }
}

Deno.test("requests: the directory knows who has joined, with keys, and nobody else", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  await (await join(server, "bob")).close();
  await server.invite("carol");
  await withOffice(server.dataDir, (office) => setDisabled(office, "bob", true));
  const users = ["carol", "bob", "alice", "dave"];
  const { results } = await alice.session.request(lookup, { users });
  assertEquals(
    results.map(({ user, status, identities }) => [user, status, identities.length]),
    [["carol", "unknown", 0], ["bob", "disabled", 1], ["alice", "active", 1], [
      "dave",
      "unknown",
      0,
    ]],
  );
  await alice.close();
});

Deno.test("requests: a mail goes to all its recipients or to none, and only once", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const bob = await join(server, "bob");
  const astray = await alice.seal(["bob", "nobody", "noone"]);
  assertEquals(await refusal(() => alice.send(astray)), ["unknown_recipients", [
    "nobody",
    "noone",
  ]]);
  const mail = await alice.seal(["bob"]);
  const arrived = await alice.send(mail);
  assertEquals(await alice.send(mail), arrived);
  await bob.eventCount(1);
  const { entries: inbox } = await bob.session.request(list, { before: null, limit: 10 });
  assertEquals(inbox.map(({ messageId }) => messageId), [mail.messageId]);
  const changed = { ...mail, content: randomBytes(1100) };
  assertEquals(await refusal(() => alice.send(changed)), ["id_reused", []]);
  const misnamed = { ...mail, messageId: randomBytes(16) };
  assertEquals(await refusal(() => alice.send(misnamed)), ["bad_request", []]);
  const notAHeader = { ...mail, header: randomBytes(200) };
  assertEquals(await refusal(() => alice.send(notAHeader)), ["bad_request", []]);
  assertEquals(bob.events.length, 1);
  await alice.close();
  await bob.close();
});

Deno.test("requests: a long mail goes in pieces, broken off and taken up again", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const bob = await join(server, "bob");
  const mail = await alice.seal(["bob"], { mime: randomBytes(600_000) });
  const { messageId, header, summary } = mail;
  const begin = { messageId, header, summary, contentLength: mail.content.length };
  assertEquals(await alice.session.request(sendBegin, begin), { received: 0, done: false });
  const chunk = (offset: number) => ({
    messageId,
    offset,
    data: mail.content.slice(offset, offset + CONTENT_CHUNK_BYTES),
  });
  const first = await alice.session.request(sendChunk, chunk(0));
  assertEquals(await alice.session.request(sendChunk, chunk(0)), first, "asked again");
  assertEquals(await refusal(() => alice.session.request(sendChunk, chunk(1))), ["conflict", []]);
  assertEquals(
    await refusal(() => alice.session.request(sendCommit, { messageId, ownEntry: null })),
    ["conflict", []],
  );
  assertEquals(await refusal(() => bob.session.request(sendChunk, chunk(0))), ["not_found", []]);
  alice.wire.close();

  const again = await login(server.port, "alice", "the password of alice");
  let { received } = await again.session.request(sendBegin, begin);
  assertEquals(received, CONTENT_CHUNK_BYTES);
  while (received < mail.content.length) {
    ({ received } = await again.session.request(sendChunk, chunk(received)));
  }
  const { arrived } = await again.session.request(sendCommit, { messageId, ownEntry: null });
  assertEquals(await again.session.request(sendCommit, { messageId, ownEntry: null }), { arrived });
  assertEquals(await again.session.request(sendBegin, begin), {
    received: mail.content.length,
    done: true,
  });
  await bob.eventCount(1);
  assertEquals(await readAll(bob, messageId), mail.content);
  assertEquals(await readAll(again, messageId), mail.content);
  await again.close();
  await bob.close();
});

Deno.test("requests: uploads that cannot be are refused before any content comes", async () => {
  await using server = await startTestServer({ config: { maxMessageBytes: 2_000_000 } });
  const alice = await join(server, "alice");
  const mail = await alice.seal(["alice"]);
  const { messageId, header, summary } = mail;
  const begin = (contentLength: number) =>
    alice.session.request(sendBegin, { messageId, header, summary, contentLength });
  assertEquals(await refusal(() => begin(2_600_000)), ["too_large", []]);
  assertEquals((await begin(2_200_000)).received, 0);
  const astray = await alice.seal(["nobody"]);
  const { content: _, ...parts } = astray;
  const astrayUpload = {
    messageId: parts.messageId,
    header: parts.header,
    summary: parts.summary,
    contentLength: 1000,
  };
  assertEquals(
    await refusal(() => alice.session.request(sendBegin, astrayUpload)),
    ["unknown_recipients", ["nobody"]],
  );
  await alice.close();
});

Deno.test("requests: entries and state are replaced by compare-and-set", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const mail = await alice.seal(["alice"]);
  await alice.send(mail);
  const { messageId } = mail;
  const put = (revision: number, sealed: Bytes) =>
    alice.session.request(putEntry, { items: [{ messageId, revision, sealed }] });
  const first = randomBytes(300);
  assertEquals((await put(0, first)).results, [
    { messageId, revision: 1, ok: true, modseq: 2 },
  ]);
  assertEquals((await put(0, randomBytes(9))).results, [
    { messageId, revision: 1, ok: false, modseq: 0 },
  ]);
  const wanted = { indices: [2, 1], messageIds: [randomBytes(16), messageId] };
  const found = await alice.session.request(entries, wanted);
  assertEquals(found.entries.map(({ index, sealed }) => [index, sealed]), [[1, first]]);

  const state = await alice.session.request(getState, {});
  assertEquals(state.revision, 1);
  assertNotEquals(state.sealed, null);
  const sealed = randomBytes(2000);
  assertEquals(await alice.session.request(putState, { revision: 1, sealed }), { revision: 2 });
  assertEquals(
    await refusal(() => alice.session.request(putState, { revision: 1, sealed })),
    ["conflict", []],
  );
  assertEquals(await alice.session.request(getState, {}), { revision: 2, sealed });
  await alice.close();
});

Deno.test("requests: a list has pages, newest first, and what is asked for by number in that order", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const mails = await Promise.all(Array.from({ length: 7 }, () => alice.seal(["alice"])));
  for (const mail of mails) await alice.send(mail);
  const page = async (before: number | null) =>
    (await alice.session.request(list, { before, limit: 3 })).entries.map(({ index }) => index);
  assertEquals([await page(null), await page(5), await page(2)], [[7, 6, 5], [4, 3, 2], [1]]);
  const { entries: some } = await alice.session.request(entries, {
    indices: [3, 99, 5],
    messageIds: [mails[0]!.messageId, mails[4]!.messageId],
  });
  assertEquals(some.map(({ index }) => index), [3, 5, 1]);
  const ids = mails.map(({ messageId }) => messageId).reverse();
  const { mails: fetched } = await alice.session.request(fetchMails, { messageIds: ids });
  assertEquals(fetched.map(({ messageId }) => messageId), ids);
  assert(fetched.every(({ header }, i) => String(header) === String(mails[6 - i]!.header)));
  await alice.close();
});
