/** Hostile peers of both kinds, at every step of the handshake. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Bytes, concat, randomBytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { encodeFrame, FRAME_LENGTHS, FrameType } from "../../protocol/frame.ts";
import { knownServer, loginSteps } from "./fake_vault.ts";
import { linkPair } from "./link_pair.ts";

/** What may be made of a frame on its way; `earlier` are the frames before it, in its direction. */
type Tampering = (frame: Bytes, earlier: Bytes[]) => Bytes | null;

function withHead(frame: Bytes, type: number, length: number): Bytes {
  const changed = frame.slice();
  new DataView(changed.buffer).setUint32(0, type * 0x100_0000 + length);
  return changed;
}

function flipped(frame: Bytes, at: number): Bytes {
  const changed = frame.slice();
  changed[at]! ^= 1;
  return changed;
}

function frameOf(type: FrameType): Bytes {
  return encodeFrame(type, randomBytes(FRAME_LENGTHS[type][1]));
}

const TAMPERINGS: Record<string, Tampering> = {
  "cut in its middle": (frame) => frame.slice(0, frame.length >> 1),
  "cut by one byte": (frame) => frame.slice(0, -1),
  "cut in its head": (frame) => frame.slice(0, 3),
  "dropped": () => null,
  "lengthened by one byte": (frame) => concat(frame, Uint8Array.of(0)),
  "with a length one too small": (frame) =>
    withHead(frame, frame[0]!, frame.length - 5).slice(0, -1),
  "with a length one too great": (frame) =>
    withHead(concat(frame, Uint8Array.of(0)), frame[0]!, frame.length - 3),
  "of 16 MiB": (frame) => withHead(frame, frame[0]!, 0xff_ffff),
  "without a body": (frame) => withHead(frame, frame[0]!, 0).slice(0, 4),
  "of an unknown type": (frame) => withHead(frame, 0x7f, frame.length - 4),
  "of random bytes": (frame) => encodeFrame(frame[0] as FrameType, randomBytes(frame.length - 4)),
  "all zeros inside": (frame) =>
    encodeFrame(frame[0] as FrameType, new Uint8Array(frame.length - 4)),
  "changed in its first bit": (frame) => flipped(frame, 4),
  "changed in its middle": (frame) => flipped(frame, (frame.length + 4) >> 1),
  "changed in its last bit": (frame) => flipped(frame, frame.length - 1),
  "sent twice at once": (frame) => concat(frame, frame),
  "replaced by the one before": (_, earlier) => earlier.at(-1) ?? frameOf(FrameType.M7),
  "replaced by garbage": () => randomBytes(500).fill(0xee, 0, 1),
  "replaced by IDREQ": () => encodeFrame(FrameType.IDREQ, new Uint8Array(0)),
};

for (const type of Object.values(FrameType)) {
  const name = Object.keys(FrameType).find((key) => FrameType[key as "M1"] === type);
  TAMPERINGS[`replaced by a random ${name}`] = () => frameOf(type);
}

const CLIENT_FRAMES = ["IDREQ", "M1", "M3", "M5", "M7"] as const;
const SERVER_FRAMES = ["M2", "M4", "M6", "M8"] as const;

/** Which tamperings are only wrong once nothing follows. */
function isIncomplete(name: string): boolean {
  return name.startsWith("cut");
}

/** Which tamperings leave a frame as good as it was. */
function isHarmless(name: string, frame: string): boolean {
  return name === `replaced by ${frame}` || name === `replaced by a random ${frame}` &&
      frame === "IDREQ";
}

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
