/** Strangers who do not speak the protocol, and a client that does not read. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { encodeFrame, FrameType } from "../../protocol/frame.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { startTestServer } from "./harness.ts";
import { join, Wire } from "./test_client.ts";

const timeouts = { handshakeMs: 2500, idleMs: 60_000 };

/** What the server says to these bytes before it closes, and how long that took. */
async function answerTo(
  port: number,
  pieces: Uint8Array[],
): Promise<{ bytes: number; ms: number }> {
  const before = performance.now();
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  let bytes = 0;
  try {
    for (const piece of pieces) await socket.write(piece);
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const length = await socket.read(buffer);
      if (length === null) break;
      bytes += length;
    }
  } catch {
    // Reset: closed as well.
  }
  socket.close();
  return { bytes, ms: performance.now() - before };
}

Deno.test("hostile client: garbage of all kinds is met with silence and a closed connection", async () => {
  await using server = await startTestServer({ test: { timeouts } });
  const alice = await join(server, "alice");
  const m1 = encodeFrame(FrameType.M1, randomBytes(2713));
  const cases: Record<string, Uint8Array[]> = {
    "nothing but noise": [randomBytes(3000)],
    "another protocol": [new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
    "a frame that is too long": [Uint8Array.of(FrameType.M1, 0xff, 0xff, 0xff)],
    "a frame that is too short": [Uint8Array.of(FrameType.M1, 0, 0, 1, 0)],
    "a frame of the server's": [encodeFrame(FrameType.M2, randomBytes(1200))],
    "a later frame": [encodeFrame(FrameType.M3, randomBytes(272))],
    "an M1 for nobody": [m1],
    "two frames at once": [m1, m1],
  };
  for (const [name, pieces] of Object.entries(cases)) {
    const { bytes, ms } = await answerTo(server.port, pieces);
    assertEquals(bytes, 0, name);
    assertLess(ms, timeouts.handshakeMs, name);
  }
  assert((await alice.session.request(ping, {})).time > 0);
  await alice.close();
});

Deno.test("hostile client: whoever is too slow with the handshake is cut off", async () => {
  await using server = await startTestServer({
    test: { timeouts: { ...timeouts, handshakeMs: 800 } },
  });
  const wire = await Wire.open(server.port);
  const frame = encodeFrame(FrameType.M1, randomBytes(2713));
  let sent = 0;
  const drip = setInterval(() => {
    wire.write(frame.subarray(sent, ++sent)).catch(() => {});
  }, 50);
  await wire.ended;
  clearInterval(drip);
  assertEquals(server.logged("ended").at(-1)!.reason, "handshake_timeout");
});

Deno.test("hostile client: a session that is tampered with ends, the others do not", async () => {
  await using server = await startTestServer({ test: { timeouts } });
  const [alice, bob] = [await join(server, "alice"), await join(server, "bob")];
  await alice.wire.write(randomBytes(400));
  await alice.wire.ended;
  assert((await bob.session.request(ping, {})).time > 0);
  assertEquals(server.logged("ended").at(-1)!.reason, "lost");
  await bob.close();
});
