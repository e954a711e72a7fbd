/**
 * Both ends of a handshake, driven as their callers drive them, with a wire in between that a test
 * may tamper with. OPAQUE and the bundle are stood in for by fixed bytes: the handshake carries them
 * and never looks inside.
 */

import { type Bytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import {
  decapsulate,
  encapsulate,
  importKemPublicKey,
  type KemPrivateKey,
} from "../../crypto/composite_kem.ts";
import { HandshakeError } from "../../crypto/errors.ts";
import {
  clientM3,
  clientM5,
  clientM5Register,
  clientM7,
  clientOnM2,
  clientOnM4,
  clientOnM6,
  clientOnM6Register,
  clientOnM8,
  clientStart,
} from "../../crypto/handshake_client.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import type {
  ClientRequest,
  RegistrationMode,
  RegistrationResult,
  ServerHello,
} from "../../crypto/handshake_layout.ts";
import {
  serverM2,
  serverM4,
  serverM6,
  serverM6Register,
  serverM8,
  serverOnM1,
  serverOnM3,
  serverOnM5,
  serverOnM5Register,
} from "../../crypto/handshake_server.ts";
import type { TrafficSecrets } from "../../crypto/transcript.ts";
import { kemPair } from "./keys.ts";

export const SERVER_RECORD = utf8("a server record");
export const HELLO: ServerHello = {
  timeMs: 1_770_000_000_123,
  maxBodyBytes: 1_000_000,
  maxMessageBytes: 33_554_432,
  maxRecipients: 200,
  idleSeconds: 900,
};
export const TOKEN: Bytes = new Uint8Array(32).fill(7);
export const REQUEST: Bytes = new Uint8Array(96).fill(1);
export const RESPONSE: Bytes = new Uint8Array(320).fill(2);
export const KE3: Bytes = new Uint8Array(64).fill(3);
export const SESSION_KEY: Bytes = new Uint8Array(64).fill(4);
export const BUNDLE: Bytes = new Uint8Array(2500).fill(5);
export const REGISTRATION: Bytes = new Uint8Array(9000).fill(6);

/** Carries a message to the other end; null: the connection was closed instead. */
export type Wire = (name: string, body: Bytes) => Bytes | null;

export interface Peers {
  wire?: Wire;
  /** What differs from an honest run. */
  clientRecord?: Bytes;
  serverKey?: KemPrivateKey;
  userKey?: KemPrivateKey;
  clientSessionKey?: Bytes;
  ticket?: Bytes;
}

/** A message as it arrives: what the wire makes of it, or the end of the connection. */
function deliver(wire: Wire | undefined, name: string, body: Bytes): Bytes {
  const arrived = wire ? wire(name, body) : body;
  if (arrived === null) throw new HandshakeError();
  return arrived;
}

/** How each end ends: with traffic secrets, or with an error. */
export interface Outcome<T> {
  client: T | Error;
  server: T | Error;
}

/** One end after the other does its step; the first failure closes the connection for both. */
async function untilClosed<T>(
  steps: (reached: { client: T | null; server: T | null }) => Promise<void>,
): Promise<Outcome<T>> {
  const reached: { client: T | null; server: T | null } = { client: null, server: null };
  let failure: Error = new HandshakeError();
  try {
    await steps(reached);
  } catch (error) {
    failure = error as Error;
  }
  // The end that did not fail sees a closed connection, which is the same error to its caller.
  return { client: reached.client ?? failure, server: reached.server ?? failure };
}

/** A login from M1 to M8. */
export function runLogin(peers: Peers = {}): Promise<Outcome<TrafficSecrets>> {
  return untilClosed(async (reached) => {
    const user = await kemPair("user");
    const { client, afterM2, hello } = await runToM2(peers);
    if (hello.idleSeconds !== HELLO.idleSeconds) throw new Error("the hello was changed");
    const to = (name: string, body: Bytes) => deliver(peers.wire, name, body);

    const m3 = await clientM3(client, {
      mode: "login",
      user: "alice",
      request: REQUEST,
      ticket: peers.ticket ?? null,
    });
    const request = await serverOnM3(afterM2, to("M3", m3.m3));
    if (request.mode !== "login") throw new Error("the mode was changed");
    const m4 = await serverM4(request.afterM3, RESPONSE);
    const { afterM4 } = await clientOnM4(m3.afterM3, to("M4", m4.m4));
    const sessionKey = (peers.clientSessionKey ?? SESSION_KEY).slice();
    const m5 = await clientM5(afterM4, { ke3: KE3, sessionKey });
    const { afterM5 } = await serverOnM5(m4.afterM4, to("M5", m5.m5));

    const forUser = await encapsulate(await importKemPublicKey(user.publicKey));
    const m6 = await serverM6(afterM5, {
      sessionKey: SESSION_KEY.slice(),
      kemPublicKey: user.publicKey,
      kemCiphertext: forUser.ciphertext,
      bundle: BUNDLE,
    });
    const keys = await clientOnM6(m5.afterM5, to("M6", m6.m6));
    const userKey = peers.userKey ?? user.privateKey;
    const m7 = await clientM7(keys.afterM6, await decapsulate(userKey, keys.kemCiphertext));
    const confirmed = await confirmLogin({
      state: structuredClone(m6.state),
      userSecret: forUser.sharedSecret,
      m7: to("M7", m7.m7),
    });
    if (!confirmed.ok) throw new HandshakeError();
    const m8 = await serverM8(structuredClone(confirmed.state));
    // The server is done when it has sent M8: what the client makes of it, it cannot know.
    reached.server = m8.secrets;
    reached.client = await clientOnM8(m7.afterM7, to("M8", m8.m8));
  });
}

/** A recovery from M1 to M6R. */
export function runRecovery(peers: Peers = {}): Promise<Outcome<RegistrationResult | Bytes>> {
  return runToResult({ mode: "recover", user: "alice", auth: TOKEN, request: REQUEST }, peers);
}

/** A registration from M1 to M6R. */
export function runRegistration(
  peers: Peers = {},
  result?: RegistrationResult,
): Promise<Outcome<RegistrationResult | Bytes>> {
  const asked = { mode: "register", user: "alice", token: TOKEN, request: REQUEST } as const;
  return runToResult(asked, peers, result);
}

function runToResult(
  asked: ClientRequest & { mode: RegistrationMode },
  peers: Peers,
  result: RegistrationResult = { accepted: true, payload: utf8("welcome") },
): Promise<Outcome<RegistrationResult | Bytes>> {
  return untilClosed<RegistrationResult | Bytes>(async (reached) => {
    const { client, afterM2 } = await runToM2(peers);
    const to = (name: string, body: Bytes) => deliver(peers.wire, name, body);
    const m3 = await clientM3<RegistrationMode>(client, asked);
    const request = await serverOnM3(afterM2, to("M3", m3.m3));
    if (request.mode !== asked.mode) throw new Error("the mode was changed");
    const m4 = await serverM4<RegistrationMode>(request.afterM3, RESPONSE);
    const { afterM4 } = await clientOnM4(m3.afterM3, to("M4R", m4.m4));
    const m5 = await clientM5Register(afterM4, REGISTRATION);
    const { payload, afterM5 } = await serverOnM5Register(m4.afterM4, to("M5R", m5.m5r));
    const { m6r } = await serverM6Register(afterM5, result);
    reached.server = payload;
    reached.client = await clientOnM6Register(m5.afterM5, to("M6R", m6r));
  });
}

/** M1 and M2, which a login and a registration have in common. */
async function runToM2(peers: Peers) {
  const { publicKey, privateKey } = await kemPair("server");
  const record = peers.clientRecord ?? SERVER_RECORD;
  const { m1, afterM1 } = await clientStart({ record, kemPublicKey: publicKey });
  const serverAfterM1 = await serverOnM1({
    serverRecord: SERVER_RECORD,
    m1: deliver(peers.wire, "M1", m1),
    decapsulate: (_, ciphertext) => decapsulate(peers.serverKey ?? privateKey, ciphertext),
  });
  const { m2, afterM2 } = await serverM2(serverAfterM1, HELLO);
  const onM2 = await clientOnM2(afterM1, deliver(peers.wire, "M2", m2));
  return { client: onM2.afterM2, afterM2, hello: onM2.hello };
}

/** Changes one bit of one message. */
export function flipBit(name: string, bit: number): Wire {
  return (message, body) => {
    if (message !== name) return body;
    const changed = body.slice();
    changed[bit >>> 3]! ^= 1 << (bit & 7);
    return changed;
  };
}

/** Gives one message another length: shorter by its end, or longer by random bytes. */
export function resize(name: string, difference: number): Wire {
  return (message, body) => {
    if (message !== name) return body;
    if (difference < 0) return body.slice(0, Math.max(0, body.length + difference));
    const longer = randomBytes(body.length + difference);
    longer.set(body);
    return longer;
  };
}
