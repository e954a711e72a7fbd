/** A server whose answers bring nothing asked for, or refuse: the client comes to an end. */

import { assertEquals, assertRejects } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { type AcceptedEntry, marksIn } from "../../crypto/entry_fields.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { SendInterruptedError } from "../../client/errors.ts";
import { EntryBook } from "../../client/entry_book.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { encode } from "../../protocol/codec.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import { MAX_PLAINTEXT_MESSAGE_BYTES } from "../../protocol/limits.ts";
import { putEntry } from "../../protocol/messages/put_entry.ts";
import { ProtocolError } from "../../protocol/session_errors.ts";
import { FakeServer, makePerson, type Person, refuse } from "./fake_server.ts";

let made: Promise<Person> | undefined;

async function office() {
  const alice = await (made ??= makePerson("alice"));
  const server = new FakeServer();
  const account = await server.join(alice);
  return { server, account, box: new Mailbox(account) };
}

const entryAt = (index: number) => ({
  ...{ index, messageId: randomBytes(16), arrived: 1, contentLength: 1 },
  ...{ revision: 0, sealed: null },
});

Deno.test("odd server: entries that were not asked for end in a ProtocolError", async () => {
  const { server, account } = await office();
  const book = new EntryBook(account);
  server.lies.entries = () => ({ entries: [entryAt(5)] });
  await assertRejects(() => book.find({ indices: [1] }), ProtocolError);
  await assertRejects(() => book.find({ messageIds: [randomBytes(16)] }), ProtocolError);
  assertEquals((await book.find({ indices: [5, 5] })).length, 1);
});

Deno.test("odd server: a list that does not go down ends in a ProtocolError", async () => {
  const { server, account, box } = await office();
  const book = new EntryBook(account);
  for (const indices of [[9], [8, 8], [7, 8], [10]]) {
    server.lies.list = () => ({ total: 9, modseq: 9, entries: indices.map(entryAt) });
    await assertRejects(() => book.page(9, 200), ProtocolError);
    await assertRejects(() => Array.fromAsync(book.allBelow(9)), ProtocolError);
  }
  server.lies.list = () => ({ total: 9, modseq: 9, entries: [entryAt(9)] });
  await assertRejects(() => box.list(), ProtocolError);
});

Deno.test("odd server: mails far apart cost as many pages as there are mails", async () => {
  const { server, account } = await office();
  const there = [2 ** 52, 2 ** 40, 1_000_000, 3];
  server.lies.list = (_, { before }) => {
    const entries = there.filter((index) => index < before).slice(0, 1).map(entryAt);
    return { total: there.length, modseq: 9, entries };
  };
  const found = await Array.fromAsync(new EntryBook(account).allBelow(2 ** 53 - 1));
  assertEquals(found.flat().map(({ index }) => index), there);
});

Deno.test("odd server: mails that were not asked for end in a ProtocolError", async () => {
  const { server, box } = await office();
  await box.send({ to: ["alice"], title: "", body: "" });
  server.lies.fetch = (_, __, honest) => ({
    mails: honest().mails.map((mail: object) => ({ ...mail, messageId: randomBytes(16) })),
  });
  await assertRejects(() => box.list(), ProtocolError);
});

Deno.test("odd server: a content of another length than was signed is not even fetched", async () => {
  const { server, box } = await office();
  await box.send({ to: ["alice"], title: "", body: "" });
  server.lies.entries = (_, __, honest) => ({
    entries: honest().entries.map((entry: object) => ({ ...entry, contentLength: 2 ** 53 - 1 })),
  });
  const error = await assertRejects(() => box.read(1), TrustError);
  assertEquals([error.code, server.asked.includes("content")], ["content_mismatch", false]);
});

Deno.test("odd server: great entries are written in requests that may be sent", async () => {
  const { server, account } = await office();
  const sizes: number[] = [];
  server.lies.put_entry = (_, body) => {
    sizes.push(encode(putEntry.request, body).length);
    const { items } = body as { items: { messageId: unknown; revision: number }[] };
    const done = { revision: 1, ok: true, modseq: 7 };
    return { results: items.map(({ messageId }) => ({ messageId, ...done })) };
  };
  const entry: AcceptedEntry = {
    ...{ rejected: null, contentKey: randomBytes(32), headerSha512: randomBytes(64) },
    ...{ from: "alice", fromFingerprint: randomBytes(32), cc: [], date: 1 },
    to: Array.from({ length: 199 }, (_, i) => `user-${i}`.padEnd(32, "x")),
    ...{ subject: "s".repeat(1000), preview: "p".repeat(800), inReplyTo: null, size: 1 },
    references: Array.from({ length: 100 }, () => randomBytes(16)),
    attachments: Array.from({ length: 50 }, () => ({ name: "n".repeat(255), type: "t", size: 1 })),
    ...{ contentLength: 1, contentSha512: randomBytes(64), warnings: [] },
    ...{ kind: "mail", origin: null, ...marksIn("inbox") },
  };
  const writes = Array.from({ length: 230 }, () => ({
    ...{ messageId: randomBytes(16), revision: 0, entry },
  }));
  const written = await new EntryBook(account).write(writes);
  assertEquals(written, writes.map(() => 7));
  assertEquals(sizes.filter((size) => size > MAX_PLAINTEXT_MESSAGE_BYTES), []);
  assertEquals(sizes.length > 3, true);
});

Deno.test("odd server: counters are given back only when nothing can have been stored", async () => {
  const cases: [ErrorCode, boolean][] = [
    ["unknown_recipients", true],
    ["too_large", true],
    ["bad_request", true],
    ["sender_mismatch", true],
    ["internal", false],
    ["conflict", false],
    ["busy", false],
    ["shutting_down", false],
    ["id_reused", false],
    ["not_found", false],
  ];
  for (const [code, isGivenBack] of cases) {
    const { server, account, box } = await office();
    server.lies.send = refuse(code);
    const sent = () => account.state.current.counters.sent.get("alice") ?? 0;
    const error = await box.send({ to: ["alice"], title: "", body: "" }).catch((error) => error);
    assertEquals([code, sent()], [code, isGivenBack ? 0 : 1]);
    assertEquals([code, error instanceof SendInterruptedError], [code, !isGivenBack]);
  }
});

Deno.test("odd server: a refusal after an upload that may have arrived frees no counter", async () => {
  const { server, account, box } = await office();
  server.lies.send = (_, __, honest) => (honest(), refuse("internal")());
  const mail = { to: ["alice"], title: "", body: "" };
  const { sealed } = await assertRejects(() => box.send(mail), SendInterruptedError);
  server.lies.send = refuse("too_large");
  await assertRejects(() => box.deliver(sealed));
  assertEquals(account.state.current.counters.sent.get("alice"), 1);
});
