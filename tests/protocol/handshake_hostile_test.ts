/** Hostile peers of both kinds, at every step of the handshake. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Bytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { knownServer, loginSteps } from "./fake_vault.ts";
import { linkPair } from "./link_pair.ts";
import { isHarmless, isIncomplete, TAMPERINGS } from "./tamperings.ts";

const CLIENT_FRAMES = ["IDREQ", "M1", "M3", "M5", "M7"] as const;
const SERVER_FRAMES = ["M2", "M4", "M6", "M8"] as const;

for (const [n, frame] of CLIENT_FRAMES.entries()) {
  Deno.test(`handshake: ${frame} tampered with closes the server's end without a word`, async () => {
    for (const [name, tamper] of Object.entries(TAMPERINGS)) {
      if (
        isHarmless(name, frame) || frame === "IDREQ" && /changed|zeros|random b|without/.test(name)
      ) {
        continue;
      }
      const earlier: Bytes[] = [];
      let wrote = -1;
      const pair = linkPair({
        toServer(at, bytes) {
          if (at !== n) {
            earlier.push(bytes);
            return bytes;
          }
          wrote = pair.fromServer.length;
          if (isIncomplete(name)) queueMicrotask(() => pair.server.end());
          return tamper(bytes, earlier);
        },
      });
      const login = pair.client.serverRecord()
        .then(() => pair.client.login(knownServer, loginSteps()));
      await assertRejects(() => login, MailsecError, undefined, name);
      assertEquals(await pair.closed, "handshake", name);
      assertEquals(pair.fromServer.length, wrote, `${name}: an answer`);
      assertEquals(pair.opened, [], name);
      assert(!pair.vault.calls.includes("request"), name);
    }
  });
}

for (const [n, frame] of SERVER_FRAMES.entries()) {
  Deno.test(`handshake: ${frame} tampered with ends the client's login`, async () => {
    for (const [name, tamper] of Object.entries(TAMPERINGS)) {
      const earlier: Bytes[] = [];
      const pair = linkPair({
        toClient(at, bytes) {
          if (at !== n) {
            earlier.push(bytes);
            return bytes;
          }
          if (isIncomplete(name)) queueMicrotask(() => pair.client.end());
          return tamper(bytes, earlier);
        },
      });
      // What follows M8 are records already: the session opens, and fails at the first of them.
      const intoRecords = frame === "M8" && /lengthened|twice/.test(name);
      const login = pair.client.login(knownServer, loginSteps());
      if (intoRecords) {
        const { session } = await login;
        pair.client.end();
        await session.close();
      } else {
        await assertRejects(() => login, MailsecError, undefined, name);
        if (frame !== "M8") assertEquals(pair.opened, [], name);
      }
      pair.server.end();
    }
  });
}

Deno.test("handshake: the server record is given once a connection", async () => {
  const { client, closed, fromServer } = linkPair();
  await client.serverRecord();
  await assertRejects(() => client.serverRecord(), MailsecError);
  assertEquals(await closed, "handshake");
  assertEquals(fromServer.length, 1);
});

Deno.test("handshake: what was recorded cannot be played again to another connection", async () => {
  const first = linkPair();
  await first.client.login(knownServer, loginSteps());
  const second = linkPair({ toServer: () => new Uint8Array(0) });
  for (const frame of first.fromClient) void second.server.push(frame);
  assertEquals(await second.closed, "handshake");
  assert(second.fromServer.length <= 1, "at most M2, which nobody can use");
  assertEquals(second.opened, []);
});
