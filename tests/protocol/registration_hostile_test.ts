/** Hostile peers of both kinds, at every step of a registration and of a recovery. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { decapsulate } from "../../crypto/composite_kem.ts";
import { HandshakeError, MailsecError } from "../../crypto/errors.ts";
import {
  serverM2,
  serverM4,
  serverM6Register,
  serverOnM1,
  serverOnM3,
  serverOnM5Register,
} from "../../crypto/handshake_server.ts";
import { ClientLink } from "../../protocol/client_link.ts";
import { encode } from "../../protocol/codec.ts";
import { FrameType } from "../../protocol/frame.ts";
import { FrameChannel } from "../../protocol/frame_channel.ts";
import { recoveryStart } from "../../protocol/messages/recovery.ts";
import { registrationStart } from "../../protocol/messages/registration.ts";
import { kemPair } from "../crypto/keys.ts";
import {
  knownServer,
  recoveryCode,
  recoverySteps,
  someReceipt,
  someRegistration,
} from "./fake_vault.ts";
import { LIMITS, linkPair, testClock } from "./link_pair.ts";
import { isHarmless, isIncomplete, TAMPERINGS } from "./tamperings.ts";

const registrationSteps = {
  user: "bob",
  token: randomBytes(32),
  request: randomBytes(32),
  finish: () => someRegistration,
};

const RUNS: Record<string, (client: ClientLink) => Promise<unknown>> = {
  registration: (client) => client.register(knownServer, registrationSteps),
  recovery: (client) => client.recover(knownServer, recoverySteps(recoveryCode)),
};
const CLIENT_FRAMES = ["M1", "M3", "M5R"] as const;
const SERVER_FRAMES = ["M2", "M4R", "M6R"] as const;

for (const [kind, run] of Object.entries(RUNS)) {
  for (const [n, frame] of CLIENT_FRAMES.entries()) {
    Deno.test(`${kind}: ${frame} tampered with closes the server's end, and nothing is stored`, async () => {
      for (const [name, tamper] of Object.entries(TAMPERINGS)) {
        // A client may well ask for the record first; it is M1 that then does not come.
        if (isHarmless(name, frame) || frame === "M1" && name.endsWith("IDREQ")) continue;
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
        const { bundle } = pair.vault;
        await assertRejects(() => run(pair.client), MailsecError, undefined, name);
        assertEquals(await pair.closed, "handshake", name);
        assertEquals(pair.fromServer.length, wrote, `${name}: an answer`);
        assert(pair.vault.registered === null && pair.vault.bundle === bundle, name);
      }
    });
  }

  for (const [n, frame] of SERVER_FRAMES.entries()) {
    Deno.test(`${kind}: ${frame} tampered with is no result for the client`, async () => {
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
        await assertRejects(() => run(pair.client), MailsecError, undefined, name);
        pair.server.end();
      }
    });
  }
}

/** A server with its keys that seals what it likes into M4R and M6R. */
async function dishonestServer(
  answers: { start: Bytes; result?: Bytes },
): Promise<{ client: ClientLink; known: { record: Bytes; kemPublicKey: Bytes } }> {
  const { publicKey, privateKey } = await kemPair("server");
  const record = utf8("a server record");
  const server = new FrameChannel((bytes) => void client.push(bytes));
  const client = new ClientLink({ clock: testClock(), write: (bytes) => void server.push(bytes) });
  void (async () => {
    const { body: m1 } = await server.receive(FrameType.M1);
    const afterM1 = await serverOnM1({
      serverRecord: record,
      m1,
      decapsulate: (_, ciphertext) => decapsulate(privateKey, ciphertext),
    });
    const { m2, afterM2 } = await serverM2(afterM1, { timeMs: 1, ...LIMITS });
    server.send(FrameType.M2, m2);
    const { body: m3 } = await server.receive(FrameType.M3);
    const asked = await serverOnM3(afterM2, m3);
    if (asked.mode === "login") throw new Error("no login is asked for here");
    const { m4, afterM4 } = await serverM4(asked.afterM3, answers.start);
    server.send(FrameType.M4R, m4);
    if (answers.result === undefined) return;
    const { body: m5r } = await server.receive(FrameType.M5R);
    const { afterM5 } = await serverOnM5Register(afterM4, m5r);
    const { m6r } = await serverM6Register(afterM5, { accepted: true, payload: answers.result });
    server.send(FrameType.M6R, m6r);
  })();
  return { client, known: { record, kemPublicKey: publicKey } };
}

const response = randomBytes(64);
const start = encode(registrationStart, { response, grant: null });

Deno.test("registration: what a server seals must have its form", async () => {
  const cases: { start: Bytes; result?: Bytes }[] = [
    { start: randomBytes(64) },
    { start: response },
    { start: encode(registrationStart, { response, grant: randomBytes(4096) }).slice(0, -1) },
    // The bundle of a recovery where a grant should be: more than any grant may have.
    { start: encode(recoveryStart, { response, bundle: randomBytes(5000) }) },
    { start, result: new Uint8Array(0) },
    { start, result: randomBytes(40) },
    { start, result: utf8(someReceipt.head) },
  ];
  for (const [i, answers] of cases.entries()) {
    const { client, known } = await dishonestServer(answers);
    await assertRejects(
      () => client.register(known, registrationSteps),
      HandshakeError,
      undefined,
      `case ${i}`,
    );
  }
});

Deno.test("recovery: what a server seals must have its form", async () => {
  for (const sealed of [randomBytes(64), response, start.slice(0, -1)]) {
    const { client, known } = await dishonestServer({ start: sealed });
    const steps = recoverySteps(recoveryCode);
    await assertRejects(() => client.recover(known, steps), HandshakeError);
  }
});
