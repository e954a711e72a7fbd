import { assert, assertEquals, assertRejects } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { encodeFrame, FrameType, refusedFrame } from "../../protocol/frame.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { send } from "../../protocol/messages/send.ts";
import { ConnectionLostError } from "../../protocol/session_errors.ts";
import { FakeVault, knownServer, loginSteps } from "./fake_vault.ts";
import { LIMITS, linkPair } from "./link_pair.ts";

Deno.test("handshake: record, login, a request, goodbye", async () => {
  const { client, vault, opened, closed } = linkPair();
  assertEquals(await client.serverRecord(), knownServer.record);
  const { hello, session } = await client.login(knownServer, loginSteps());
  const { timeMs, ...limits } = hello;
  assertEquals(limits, LIMITS);
  assert(timeMs > 0);
  assertEquals(opened, ["alice"]);
  assertEquals(await session.request(ping, {}), { time: 7 });
  await session.close();
  assertEquals(await closed, "closed");
  assertEquals(vault.calls, [
    "serverRecord",
    "decapsulate",
    "loginStart",
    "loginFinish",
    "loginConfirm",
    "request",
  ]);
});

Deno.test("handshake: a ticket reaches the vault, and changes no length", async () => {
  const ticket = randomBytes(48);
  for (const given of [ticket, null]) {
    const { client, vault, fromClient } = linkPair();
    await client.login(knownServer, { ...loginSteps(), ticket: given });
    assertEquals(vault.ticket, given);
    assertEquals(fromClient.map((frame) => frame.length - 4), [2713, 272, 80, 80]);
  }
});

Deno.test("handshake: frames have the lengths that are documented", async () => {
  const { client, fromClient, fromServer } = linkPair();
  await client.login(knownServer, loginSteps());
  assertEquals(fromClient.map((frame) => frame.length - 4), [2713, 272, 80, 80]);
  assertEquals(fromServer.map((frame) => frame.length - 4), [1200, 336, 3054 + 2600 + 16, 80]);
});

Deno.test("handshake: bytes may come one by one", async () => {
  const pair = linkPair({
    toServer(_, bytes) {
      for (const byte of bytes) void pair.server.push(Uint8Array.of(byte));
      return new Uint8Array(0);
    },
  });
  const { session } = await pair.client.login(knownServer, loginSteps());
  assertEquals(await session.request(ping, {}), { time: 7 });
});

Deno.test("handshake: a user who may have no session is told so, under the channel's keys", async () => {
  const vault = new FakeVault();
  vault.refused = "server_full";
  const { client, closed, opened } = linkPair({ vault });
  const ended = Promise.withResolvers<unknown>();
  const { session } = await client.login(knownServer, loginSteps(), {
    onClose: ended.resolve,
  });
  const error = await ended.promise;
  assert(error instanceof ServerError && error.code === "server_full", String(error));
  assertEquals(await closed, "server_full");
  assertEquals(opened, []);
  await assertRejects(() => session.request(ping, {}), ServerError);
});

for (const code of ["server_full", "busy"] as const) {
  Deno.test(`handshake: a server that declines to talk (${code}) is understood at any time`, async () => {
    for (const before of [true, false]) {
      const { client } = linkPair({ toServer: () => new Uint8Array(0) });
      if (before) void client.push(refusedFrame(code));
      const asked = client.serverRecord();
      if (!before) void client.push(refusedFrame(code));
      client.end();
      const error = await assertRejects(() => asked, ServerError);
      assertEquals(error.code, code);
    }
  });
}

const stages: [n: number, stage: string][] = [[0, "hello"], [1, "login"], [2, "login"], [
  3,
  "login",
]];
for (const [n, stage] of stages) {
  Deno.test(`handshake: a connection cut at the client's message ${n} is lost at "${stage}"`, async () => {
    const { client, closed } = linkPair({ toServer: (at, bytes) => at === n ? null : bytes });
    const error = await assertRejects(
      () => client.login(knownServer, loginSteps()),
      ConnectionLostError,
    );
    assertEquals(error.stage, stage);
    assertEquals(await closed, "handshake");
  });
}

Deno.test("handshake: what a secret step throws reaches the caller", async () => {
  class WrongPassword extends Error {}
  const { client } = linkPair();
  await assertRejects(() =>
    client.login(knownServer, {
      ...loginSteps(),
      finish() {
        throw new WrongPassword();
      },
    }), WrongPassword);
});

const LOGIN_CALLS = [
  "serverRecord",
  "decapsulate",
  "loginStart",
  "loginFinish",
  "loginConfirm",
] as const;
for (const call of LOGIN_CALLS) {
  Deno.test(`handshake: when the vault refuses ${call}, nothing is said`, async () => {
    const vault = new FakeVault();
    vault[call] = () => Promise.reject<never>(new Error("no"));
    const { client, closed, opened, fromServer, problems } = linkPair({ vault });
    await assertRejects(() => client.login(knownServer, loginSteps()), ConnectionLostError);
    assertEquals(await closed, "handshake");
    assertEquals(opened, []);
    assertEquals(problems.length, 1);
    // One answer to each message before the one that made the call.
    assertEquals(fromServer.length, Math.max(0, LOGIN_CALLS.indexOf(call) - 1));
  });
}

Deno.test("handshake: requests before the login reach nobody", async () => {
  const request = encodeFrame(FrameType.M1, randomBytes(2713));
  for (const bytes of [randomBytes(300), Uint8Array.of(0x01, 0x11, 0, 0), request]) {
    const { server, closed, vault, fromServer } = linkPair();
    void server.push(bytes);
    assertEquals(await closed, "handshake");
    assertEquals(fromServer, []);
    assert(!vault.calls.includes("request"));
  }
});

Deno.test("handshake: a session that is closed in the middle of it says nothing", async () => {
  const { client, server, closed, fromServer } = linkPair({
    toServer(n, bytes) {
      if (n === 2) void server.close("shutting_down");
      return bytes;
    },
  });
  await assertRejects(() => client.login(knownServer, loginSteps()), ConnectionLostError);
  assertEquals(await closed, "handshake");
  assertEquals(fromServer.length, 2);
});

Deno.test("handshake: an event before the login is dropped", async () => {
  const { client, server } = linkPair();
  server.event({ event: "new_mail", body: { index: 1, messageId: new Uint8Array(16) } });
  const events: unknown[] = [];
  const { session } = await client.login(knownServer, loginSteps(), {
    onEvent: (event) => events.push(event),
  });
  await session.request(ping, {});
  assertEquals(events, []);
});

Deno.test("handshake: bytes that the server sends right behind M8 belong to the session", async () => {
  const vault = new FakeVault();
  const pair = linkPair({ vault });
  const event = { event: "closing", body: { reason: "disabled" } } as const;
  const events: unknown[] = [];
  // As the vault would, as soon as the user is confirmed: the client has not seen M8 by then.
  const opened = pair.opened;
  opened.push = (...users) => {
    pair.server.event(event);
    return users.length;
  };
  const { session } = await pair.client.login(knownServer, loginSteps(), {
    onEvent: (received) => events.push(received),
  });
  await session.request(ping, {});
  assertEquals(events, [event]);
});

Deno.test("handshake: a mail of 9 KB goes through the session it opens", async () => {
  const vault = new FakeVault();
  const bodies: unknown[] = [];
  vault.request = ({ body }) => {
    bodies.push(body);
    return Promise.resolve({ body: { arrived: 5 } });
  };
  const { client } = linkPair({ vault });
  const { session } = await client.login(knownServer, loginSteps());
  const mail = {
    messageId: randomBytes(16),
    header: randomBytes(3200),
    summary: randomBytes(2000),
    content: randomBytes(4000),
    ownEntry: null,
  };
  assertEquals(await session.request(send, mail), { arrived: 5 });
  assertEquals(bodies, [mail]);
});
