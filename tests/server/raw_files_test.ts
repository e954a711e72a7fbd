/** What somebody sees who has stolen the files of a data folder. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Bytes, utf8 } from "../../crypto/bytes.ts";
import { openSqliteStore } from "../../mailstore/sqlite_store.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { CONTENT_CHUNK_BYTES } from "../../protocol/limits.ts";
import { putState } from "../../protocol/messages/put_state.ts";
import { sendBegin } from "../../protocol/messages/send_begin.ts";
import { sendChunk } from "../../protocol/messages/send_chunk.ts";
import { resetUser } from "../../server/admin/invites.ts";
import { withOffice } from "../../server/admin/office.ts";
import { removeUser, setDisabled } from "../../server/admin/users.ts";
import { scanForPlaintext } from "../../tools/plaintext_scan.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { join, login, testKeys } from "./test_client.ts";

const TEXTS = {
  names: ["alice-in-wonderland", "white-rabbit", "mad-hatter", "cheshire-cat", "queen-of-hearts"],
  title: "Invitation to a croquet ground",
  body: "The Queen has commanded everybody to play with flamingos.",
  upload: "A very long letter about mushrooms, and what each side of them does.",
  file: "map-of-the-rabbit-hole.pdf",
  password: "curiouser and curiouser, cried she",
  wrong: "off with her head, said nobody",
};
const ALL = Object.values(TEXTS).flat();

/** Invites, logins right and wrong, mail, an upload that never ends, and every act upon a user. */
async function useServer(server: TestServer): Promise<void> {
  const [alice, rabbit, hatter, cat, queen] = TEXTS.names as [
    string,
    string,
    string,
    string,
    string,
  ];
  for (const name of [rabbit, cat, queen]) await (await join(server, name, TEXTS.password)).close();
  const client = await join(server, alice, TEXTS.password);
  await server.invite(hatter);
  const mime = utf8(`Subject: ${TEXTS.title}\r\n\r\n${TEXTS.body.repeat(5)}\r\n`);
  const titled = { subject: TEXTS.title, attachments: [TEXTS.file] };
  await client.send(await client.seal([rabbit, cat], { mime, ...titled }));
  const long = utf8(TEXTS.upload.repeat(5000));
  const { content, ...upload } = await client.seal([rabbit], { mime: long, ...titled });
  const { messageId, header, summary } = upload;
  const begin = { messageId, header, summary, contentLength: content.length };
  await client.session.request(sendBegin, begin);
  const data = content.slice(0, CONTENT_CHUNK_BYTES);
  await client.session.request(sendChunk, { messageId, offset: 0, data });
  await client.session.request(putState, { revision: 1, sealed: new Uint8Array(100) });
  await client.close();
  await assertRejects(() => login(server.port, rabbit, TEXTS.wrong));
  await assertRejects(() => login(server.port, "tweedledum", TEXTS.wrong));
  await withOffice(server.dataDir, async (office) => {
    await setDisabled(office, rabbit, true);
    await removeUser(office, cat);
    await resetUser(office, queen, { now: Date.now(), address: null });
  });
}

Deno.test("raw files: after real use none has a name, a title, a text, a file name or a password", async () => {
  await using server = await startTestServer();
  await useServer(server);
  const looks = [...ALL, "tweedledum"];
  const running = await scanForPlaintext(server.dataDir, looks);
  assertEquals(running.hits, []);
  assert(Deno.statSync(`${server.dataDir}/mail.db-wal`).size > 50_000, "the log was looked at");
  await server.drain();
  const after = await scanForPlaintext(server.dataDir, looks);
  assertEquals(after.hits, []);
  assert(Deno.statSync(`${server.dataDir}/mail.db`).size > 50_000, "it was moved to the database");
});

Deno.test("raw files: no public key of a user is in the database, by which to tell the user", async () => {
  await using server = await startTestServer();
  await useServer(server);
  await server.drain();
  const { kem, signer } = await testKeys();
  const [database, keyFile] = await Promise.all(
    ["mail.db", "server.key"].map((name) => Deno.readFile(`${server.dataDir}/${name}`)),
  );
  for (const key of [kem.publicKey, signer.publicKey]) {
    assert(!latin1(database!).includes(latin1(key.slice(40, 72))));
  }
  // The server of a test has the KEM key of its users: in its own file the search finds it.
  assert(latin1(keyFile!).includes(latin1(kem.publicKey.slice(40, 72))));
});

const latin1 = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

/** A place in the files, and how a text gets there when nobody seals it. */
const PLACES: readonly [string, (store: MailStore, text: Bytes) => Promise<unknown>][] = [
  ["a profile", (store, text) => store.saveAccount(account(text), null)],
  ["a state", async (store, text) => {
    await store.saveAccount(account(utf8("x")), null);
    await store.saveState(TAG, 0, text);
  }],
  ["a log entry", (store, text) => store.appendLog([{ ...LOG, entry: text }])],
  ["a logged record", (store, text) => store.appendLog([{ ...LOG, record: text }])],
  ["a content", async (store, text) => {
    await store.saveAccount(account(utf8("x")), null);
    await store.deliver({ ...MAIL, content: text });
  }],
  ["a header", async (store, text) => {
    await store.saveAccount(account(utf8("x")), null);
    await store.deliver({ ...MAIL, header: text });
  }],
];

const TAG = new Uint8Array(32).fill(7);
const LOG = { seq: 0, tag: TAG, entry: utf8("x"), record: null };
const MAIL = {
  messageId: new Uint8Array(16),
  digest: new Uint8Array(32),
  ...{ meta: utf8("x"), header: utf8("x"), summary: utf8("x"), content: utf8("x") },
  mailboxes: [TAG],
};

function account(profile: Bytes) {
  return { tag: TAG, status: "active" as const, profile, login: utf8("x"), bundle: utf8("x") };
}

Deno.test("raw files: the scan finds every text wherever it is planted, in log and database", async () => {
  for (const [place, plant] of PLACES) {
    const folder = await Deno.makeTempDir({ prefix: "mailsec-" });
    try {
      const store = await openSqliteStore(`${folder}/mail.db`, { now: Date.now() });
      await plant(store, utf8(ALL.join("|")));
      const found = await scanForPlaintext(folder, ALL);
      await store.close();
      const after = await scanForPlaintext(folder, ALL);
      for (const [{ hits }, file] of [[found, "mail.db-wal"], [after, "mail.db"]] as const) {
        const texts = hits.filter((hit) => hit.file === file).map(({ text }) => text);
        assertEquals([...new Set(texts)], ALL, `${place} in ${file}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});
