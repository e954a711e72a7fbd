import { assert, assertLess } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { CONTENT_CHUNK_BYTES } from "../../protocol/limits.ts";
import { content } from "../../protocol/messages/content.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { sendBegin } from "../../protocol/messages/send_begin.ts";
import { sendChunk } from "../../protocol/messages/send_chunk.ts";
import { sendCommit } from "../../protocol/messages/send_commit.ts";
import { encodeRequest } from "../../protocol/session_message.ts";
import { startTestServer } from "./harness.ts";
import { rawLogin } from "./raw_session.ts";
import { join, type TestClient } from "./test_client.ts";

const MIB = 1024 * 1024;
/** Replies that the client asks for and does not read, in bytes. */
const ASKED_BYTES = 1024 * MIB;
/** What that may cost this process, client and garbage included. */
const ALLOWED_BYTES = 200 * MIB;

/** Has the server store a mail of a megabyte. */
async function storeLongMail(client: TestClient): Promise<Uint8Array<ArrayBuffer>> {
  const mail = await client.seal([client.user], { mime: randomBytes(1_000_000) });
  const { messageId, header, summary } = mail;
  const contentLength = mail.content.length;
  await client.session.request(sendBegin, { messageId, header, summary, contentLength });
  for (let offset = 0; offset < contentLength; offset += CONTENT_CHUNK_BYTES) {
    const data = mail.content.slice(offset, offset + CONTENT_CHUNK_BYTES);
    await client.session.request(sendChunk, { messageId, offset, data });
  }
  await client.session.request(sendCommit, { messageId, ownEntry: null });
  return messageId;
}

Deno.test("back-pressure: a client that asks for a gigabyte and reads nothing costs a bounded amount", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const messageId = await storeLongMail(alice);
  const { socket, sealer } = await rawLogin(server.port, "alice", "the password of alice");
  const body = { messageId, offset: 0, length: CONTENT_CHUNK_BYTES };
  const before = Deno.memoryUsage().rss;
  let greatest = 0;
  const asking = (async () => {
    for (let id = 1; id <= ASKED_BYTES / CONTENT_CHUNK_BYTES; id++) {
      const record = await sealer.message(encodeRequest({ id, ...content }, body));
      for (let at = 0; at < record.length;) at += await socket.write(record.subarray(at));
    }
  })().catch(() => {});
  // The other session is served all the while; a few hundred round trips are time enough to ask.
  for (let i = 0; i < 400; i++) {
    assert((await alice.session.request(ping, {})).time > 0);
    await alice.session.request(content, { messageId, offset: 0, length: 1000 });
    greatest = Math.max(greatest, Deno.memoryUsage().rss - before);
  }
  assertLess(greatest, ALLOWED_BYTES);
  socket.close();
  await asking;
  await alice.close();
});
