import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes, toHex, utf8 } from "../../crypto/bytes.ts";
import { decapsulate, encapsulate, importKemPublicKey } from "../../crypto/composite_kem.ts";
import { FormatError, HandshakeError } from "../../crypto/errors.ts";
import {
  clientM3,
  clientM5,
  clientM7,
  clientOnM2,
  clientOnM4,
  clientOnM6,
  clientStart,
} from "../../crypto/handshake_client.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import {
  encodeClientRequest,
  encodeHello,
  M1_BYTES,
  M2_BYTES,
  M3_BYTES,
  M7_BYTES,
  M8_BYTES,
  parseClientRequest,
  parseHello,
  parseRegistrationResult,
} from "../../crypto/handshake_layout.ts";
import {
  serverM2,
  serverM4,
  serverM6,
  serverOnM1,
  serverOnM3,
  serverOnM5,
} from "../../crypto/handshake_server.ts";
import { Transcript } from "../../crypto/transcript.ts";
import {
  BUNDLE,
  flipBit,
  HELLO,
  KE3,
  type Outcome,
  type Peers,
  REGISTRATION,
  REQUEST,
  resize,
  RESPONSE,
  runLogin,
  runRecovery,
  runRegistration,
  SERVER_RECORD,
  SESSION_KEY,
  TOKEN,
} from "./handshake_peers.ts";
import { kemPair } from "./keys.ts";

/** Sizes of the honest messages, to know where to flip. */
async function messageSizes(run: (peers: Peers) => Promise<unknown>): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await run({ wire: (name, body) => (sizes.set(name, body.length), body) });
  return sizes;
}

/** Both ends got nothing, with an error that does not tell where or why. */
function assertBothClosed(outcome: Outcome<unknown>, context: string): void {
  for (const end of [outcome.client, outcome.server]) {
    assert(end instanceof HandshakeError, `${context}: ${end}`);
    assertEquals([end.code, end.message, end.cause, end.hint], [
      "handshake",
      new HandshakeError().message,
      undefined,
      undefined,
    ]);
  }
}

/**
 * Only M8 and M6R leave the server done while the client is not: it has sent its last message, and
 * cannot know what becomes of it.
 */
function assertClosed(outcome: Outcome<unknown>, name: string, context: string): void {
  const last = name === "M8" || name === "M6R";
  assertBothClosed(last ? { ...outcome, server: outcome.client } : outcome, context);
}

Deno.test("handshake: an honest login gives both ends the same secrets, fresh each time", async () => {
  const first = await runLogin();
  const second = await runLogin();
  assert(!(first.client instanceof Error) && !(second.client instanceof Error));
  assertEquals(first.client, first.server);
  assertEquals(second.client, second.server);
  const { clientToServer, serverToClient, exporter } = first.client;
  const all = [clientToServer, serverToClient, exporter, second.client.clientToServer];
  assertEquals(new Set(all.map(toHex)).size, 4);
  for (const secret of all) assertEquals(secret.length, 64);
});

Deno.test("handshake: the messages of a login have the stated lengths", async () => {
  const sizes = await messageSizes(runLogin);
  assertEquals(Object.fromEntries(sizes), {
    M1: M1_BYTES,
    M2: M2_BYTES,
    M3: M3_BYTES,
    M4: 320 + 16,
    M5: 64 + 16,
    M6: 1582 + 1472 + BUNDLE.length + 16,
    M7: M7_BYTES,
    M8: M8_BYTES,
  });
  assertEquals([M1_BYTES, M2_BYTES, M3_BYTES, M7_BYTES, M8_BYTES], [2713, 1200, 272, 80, 80]);
});

Deno.test("handshake: an honest registration, accepted or refused, arrives as sent", async () => {
  const accepted = { accepted: true, payload: utf8("welcome") } as const;
  assertEquals(await runRegistration({}, accepted), { client: accepted, server: REGISTRATION });
  const refused = { accepted: false, code: "invite_expired" } as const;
  assertEquals((await runRegistration({}, refused)).client, refused);
});

Deno.test("handshake: an honest recovery arrives as sent", async () => {
  const { client, server } = await runRecovery();
  assertEquals(client, { accepted: true, payload: utf8("welcome") });
  assertEquals(server, REGISTRATION);
});

Deno.test("handshake: a login with a ticket ends as one without, in messages as long", async () => {
  const ticket = randomBytes(48);
  const outcome = await runLogin({ ticket });
  assert(!(outcome.client instanceof Error));
  assertEquals(outcome.client, outcome.server);
  const sizes = await messageSizes((peers) => runLogin({ ...peers, ticket }));
  assertEquals(sizes, await messageSizes(runLogin));
});

const RUNS: Record<string, (peers: Peers) => Promise<Outcome<unknown>>> = {
  login: runLogin,
  registration: runRegistration,
  recovery: runRecovery,
};

/** Bytes whose lowest bit is flipped in every message: the ends, and where one field meets another. */
const BOUNDARIES = [0, 1, 8, 9, 1087, 1088, 1103, 1119, 1120, 1183, 1480, 1481, 2664, 2665, 2696];

for (const [kind, run] of Object.entries(RUNS)) {
  Deno.test(`handshake: a bit flipped in any message closes a ${kind} for both ends`, async () => {
    const sizes = await messageSizes(run);
    for (const [name, size] of sizes) {
      const random = crypto.getRandomValues(new Uint32Array(4)).map((n) => n % (size * 8));
      const inside = BOUNDARIES.filter((byte) => byte < size).map((byte) => byte * 8);
      for (const bit of new Set([...inside, size * 8 - 1, size * 8 - 128, ...random])) {
        const outcome = await run({ wire: flipBit(name, bit) });
        assertClosed(outcome, name, `${name}, bit ${bit}`);
      }
    }
  });

  Deno.test(`handshake: a message cut or extended closes a ${kind} for both ends`, async () => {
    for (const [name, size] of await messageSizes(run)) {
      for (const difference of [-size, 1 - size, -16, -1, 1, 16]) {
        const outcome = await run({ wire: resize(name, difference) });
        assertClosed(outcome, name, `${name}, ${difference} bytes`);
      }
    }
  });

  Deno.test(`handshake: a message of an earlier ${kind} closes this one`, async () => {
    const recorded = new Map<string, Bytes>();
    await run({ wire: (name, body) => (recorded.set(name, body), body) });
    for (const [replayed, old] of recorded) {
      const outcome = await run({ wire: (name, body) => (name === replayed ? old : body) });
      assertClosed(outcome, replayed, replayed);
    }
  });
}

Deno.test("handshake: another record, server key or user key, or password: closed", async () => {
  const stranger = (await kemPair("stranger")).privateKey;
  const cases: Record<string, Peers> = {
    "another server record": { clientRecord: utf8("another record") },
    "a server without its key": { serverKey: stranger },
    "a client without the user's key": { userKey: stranger },
    "another session key from OPAQUE": { clientSessionKey: randomBytes(64) },
  };
  for (const [name, peers] of Object.entries(cases)) {
    assertBothClosed(await runLogin(peers), name);
  }
});

Deno.test("handshake: a state can be used once", async () => {
  const { publicKey } = await kemPair("server");
  const { afterM1 } = await clientStart({ record: SERVER_RECORD, kemPublicKey: publicKey });
  await assertRejects(() => clientOnM2(afterM1, randomBytes(M2_BYTES)), HandshakeError);
  await assertRejects(() => clientOnM2(afterM1, randomBytes(M2_BYTES)), HandshakeError);
});

Deno.test("handshake: an ephemeral key that cannot be used closes the connection", async () => {
  const { publicKey, privateKey } = await kemPair("server");
  const { ciphertext, sharedSecret } = await encapsulate(await importKemPublicKey(publicKey));
  // A client of its own making: M1 is right in all but its ephemeral key.
  const ephemeral = new Uint8Array(1216);
  const header = Uint8Array.of(1, ...privateKey.keyId);
  const transcript = Transcript.start(SERVER_RECORD);
  transcript.mixHash("header", header);
  transcript.mixHash("server-static", ciphertext);
  transcript.mixKey("server-static", sharedSecret);
  transcript.mixHash("ephemeral-key", ephemeral);
  const seal = await transcript.seal(new Uint8Array(0));
  const m1 = Uint8Array.of(...header, ...ciphertext, ...ephemeral, ...seal);
  const afterM1 = await serverOnM1({
    serverRecord: SERVER_RECORD,
    m1,
    decapsulate: (_, ct) => decapsulate(privateKey, ct),
  });
  await assertRejects(() => serverM2(afterM1, HELLO), HandshakeError);
});

/** A login up to M6, with what the vault and the client then have. */
async function loginUpToM6() {
  const [server, user] = [await kemPair("server"), await kemPair("user")];
  const start = await clientStart({ record: SERVER_RECORD, kemPublicKey: server.publicKey });
  const serverAfterM1 = await serverOnM1({
    serverRecord: SERVER_RECORD,
    m1: start.m1,
    decapsulate: (_, ciphertext) => decapsulate(server.privateKey, ciphertext),
  });
  const m2 = await serverM2(serverAfterM1, HELLO);
  const { afterM2 } = await clientOnM2(start.afterM1, m2.m2);
  const m3 = await clientM3(afterM2, {
    mode: "login",
    user: "alice",
    request: REQUEST,
    ticket: null,
  });
  const request = await serverOnM3(m2.afterM2, m3.m3);
  assert(request.mode === "login");
  const m4 = await serverM4(request.afterM3, RESPONSE);
  const onM4 = await clientOnM4(m3.afterM3, m4.m4);
  const m5 = await clientM5(onM4.afterM4, { ke3: KE3, sessionKey: SESSION_KEY.slice() });
  const onM5 = await serverOnM5(m4.afterM4, m5.m5);
  assertEquals([request.user, onM4.response, onM5.ke3], ["alice", RESPONSE, KE3]);
  const forUser = await encapsulate(await importKemPublicKey(user.publicKey));
  const { m6, state } = await serverM6(onM5.afterM5, {
    sessionKey: SESSION_KEY.slice(),
    kemPublicKey: user.publicKey,
    kemCiphertext: forUser.ciphertext,
    bundle: BUNDLE,
  });
  const keys = await clientOnM6(m5.afterM5, m6);
  assertEquals([keys.kemPublicKey, keys.bundle], [user.publicKey, BUNDLE]);
  const { m7 } = await clientM7(keys.afterM6, forUser.sharedSecret.slice());
  return { state, userSecret: forUser.sharedSecret, m7 };
}

Deno.test("confirmLogin: the right M7 is accepted, once the user's secret is mixed in", async () => {
  const { state, userSecret, m7 } = await loginUpToM6();
  const confirmed = await confirmLogin({
    state: structuredClone(state),
    userSecret: userSecret.slice(),
    m7,
  });
  assert(confirmed.ok);
  assertNotEquals(confirmed.state.key, state.key);
});

Deno.test("confirmLogin: without the user's secret nothing is accepted, whatever the state", async () => {
  const { state, userSecret, m7 } = await loginUpToM6();
  assertEquals(await confirmLogin({ state, userSecret: randomBytes(32), m7 }), { ok: false });

  // A worker that was taken over: it knows the whole state and makes an M7 without the secret.
  for (const guess of [null, new Uint8Array(32), randomBytes(32)]) {
    const transcript = Transcript.restore(state);
    if (guess !== null) transcript.mixKey("user-static", guess);
    const forged = await transcript.seal(transcript.finishedMac("fin-c"));
    const input = { state, userSecret: userSecret.slice(), m7: forged };
    assertEquals(await confirmLogin(input), { ok: false });
  }
});

Deno.test("confirmLogin: states and messages of a wrong form are refused", async () => {
  const { state, userSecret, m7 } = await loginUpToM6();
  const cases = [
    { state: { ...state, key: new Uint8Array(0) }, m7 },
    { state: { ...state, hash: state.hash.slice(1) }, m7 },
    { state: { ...state, chainingKey: new Uint8Array(65) }, m7 },
    { state: { ...state, hash: "x".repeat(64) as unknown as Bytes }, m7 },
    { state: { ...state, key: { length: 32 } as unknown as Bytes }, m7 },
    { state: { ...state, counter: -1 }, m7 },
    { state: { ...state, counter: 0.5 }, m7 },
    { state, m7: m7.slice(1) },
    { state, m7: new Uint8Array(0) },
  ];
  for (const input of cases) {
    const outcome = await confirmLogin({ ...input, userSecret: userSecret.slice() });
    assertEquals(outcome, { ok: false });
  }
});

Deno.test("handshake layouts: hello and request come back, others are refused", () => {
  assertEquals(parseHello(encodeHello(HELLO)), HELLO);
  assertEquals(encodeHello(HELLO).length, 64);
  const padded = encodeHello(HELLO);
  padded[63] = 1;
  const requests = [
    { mode: "login", user: "alice", request: REQUEST, ticket: null },
    { mode: "login", user: "alice", request: REQUEST, ticket: randomBytes(48) },
    { mode: "register", user: "alice", request: REQUEST, token: TOKEN },
    { mode: "recover", user: "alice", request: REQUEST, auth: TOKEN },
  ] as const;
  for (const request of requests) {
    assertEquals(encodeClientRequest(request).length, 256);
    assertEquals(parseClientRequest(encodeClientRequest(request)), request);
  }
  const login = encodeClientRequest(requests[0]);
  const changed = (index: number, value: number) => {
    const bytes = login.slice();
    bytes[index] = value;
    return bytes;
  };
  const refused: (() => unknown)[] = [
    () => parseHello(padded),
    () => parseHello(padded.slice(1)),
    () => parseClientRequest(changed(0, 0)),
    () => parseClientRequest(changed(0, 2)),
    () => parseClientRequest(changed(0, 3)),
    () => parseClientRequest(changed(0, 4)),
    // A registration's token is no ticket, and a ticket no token.
    () => parseClientRequest(encodeClientRequest(requests[2]).with(0, 1) as Bytes),
    () => parseClientRequest(encodeClientRequest(requests[1]).with(0, 2) as Bytes),
    () => parseClientRequest(encodeClientRequest(requests[1]).with(0, 3) as Bytes),
    () => parseClientRequest(changed(1, 255)),
    () => parseClientRequest(changed(2, 0xff)),
    () => parseClientRequest(changed(255, 1)),
    () => encodeClientRequest({ ...requests[0], user: "x".repeat(200) }),
    () => encodeClientRequest({ ...requests[2], token: TOKEN.slice(1) }),
    () => encodeClientRequest({ ...requests[2], token: randomBytes(48) }),
    () => encodeClientRequest({ ...requests[3], auth: new Uint8Array(0) }),
    ...[1, 32, 47, 49].map((length) => () =>
      encodeClientRequest({ ...requests[1], ticket: randomBytes(length) })
    ),
    () => parseRegistrationResult(Uint8Array.of(2)),
    () => parseRegistrationResult(new Uint8Array(0)),
  ];
  for (const [i, call] of refused.entries()) {
    let error: unknown;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    assert(error instanceof FormatError, `case ${i}: ${error}`);
  }
});
