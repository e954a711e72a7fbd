/**
 * A login on a bare socket that ends with the record layer in the test's hands: for clients that
 * keep to no limit.
 */

import { decapsulate } from "../../crypto/composite_kem.ts";
import {
  clientM3,
  clientM5,
  clientM7,
  clientOnM2,
  clientOnM4,
  clientOnM6,
  clientOnM8,
  clientStart,
} from "../../crypto/handshake_client.ts";
import { finishLogin, startLogin } from "../../crypto/password_client.ts";
import { RecordSealer } from "../../crypto/record_sealer.ts";
import { parseServerRecord } from "../../crypto/server_record.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { encodeFrame, FrameReader, FrameType } from "../../protocol/frame.ts";
import { systemClock } from "../../server/clock.ts";
import { testKeys } from "./test_client.ts";

export interface RawSession {
  readonly socket: Deno.TcpConn;
  readonly sealer: RecordSealer;
}

/** Logs in; from then on nothing is read that the test does not read itself. */
export async function rawLogin(port: number, user: string, password: string): Promise<RawSession> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const reader = new FrameReader();
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
  };
  const send = (type: FrameType, body: Uint8Array) => write(encodeFrame(type, body));
  const receive = async (type: FrameType): Promise<Bytes> => {
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const frame = reader.next([type]);
      if (frame !== null) return frame.body;
      const length = await socket.read(buffer);
      if (length === null) throw new Error("the server has closed the connection");
      reader.push(buffer.slice(0, length));
    }
  };
  await send(FrameType.IDREQ, new Uint8Array(0));
  const record = parseServerRecord(await receive(FrameType.IDREC));
  const start = await clientStart({ record: record.bytes, kemPublicKey: record.kemKey });
  await send(FrameType.M1, start.m1);
  const { afterM2 } = await clientOnM2(start.afterM1, await receive(FrameType.M2));
  const owner = { realm: record.realm, user, password };
  const { ke1, ...state } = startLogin(owner);
  const { m3, afterM3 } = await clientM3(afterM2, {
    mode: "login",
    user,
    request: ke1,
    ticket: null,
  });
  await send(FrameType.M3, m3);
  const { response, afterM4 } = await clientOnM4(afterM3, await receive(FrameType.M4));
  const { m5, afterM5 } = await clientM5(afterM4, finishLogin(owner, state, response)!);
  await send(FrameType.M5, m5);
  const m6 = await clientOnM6(afterM5, await receive(FrameType.M6));
  const secret = await decapsulate((await testKeys()).kemPrivate, m6.kemCiphertext);
  const { m7, afterM7 } = await clientM7(m6.afterM6, secret);
  await send(FrameType.M7, m7);
  const secrets = await clientOnM8(afterM7, await receive(FrameType.M8));
  return { socket, sealer: new RecordSealer(secrets.clientToServer, { clock: systemClock }) };
}
