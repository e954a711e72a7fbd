/**
 * The server's end of the handshake, the mirror of handshake_client.ts, for a thread that holds no
 * keys: decapsulation, OPAQUE and the proof of the user's key (handshake_confirm.ts) are done by
 * whoever has them.
 *
 * ```
 * ─M1→ serverOnM1 · serverM2 ─M2→ ─M3→ serverOnM3 · serverM4 ─M4 or M4R→
 *   login:        ─M5→ serverOnM5 · serverM6 ─M6→ ─M7→ confirmLogin · serverM8 ─M8→ traffic secrets
 *   registration: ─M5R→ serverOnM5Register · serverM6Register ─M6R→ the connection ends
 * ```
 *
 * A recovery goes through the steps of a registration.
 *
 * Steps that take a peer's message throw HandshakeError and nothing else; the connection is then
 * closed without a word.
 *
 * Bytes: docs/protocol.md, 5.
 */

import { type Bytes, concat } from "./bytes.ts";
import { HandshakeError } from "./errors.ts";
import {
  type ClientRequest,
  encodeHello,
  encodeRegistrationResult,
  encodeUserKeys,
  type HandshakeMode,
  M3_BYTES,
  parseClientRequest,
  parseM1,
  type RegistrationMode,
  type RegistrationResult,
  type ServerHello,
  type UserKeys,
} from "./handshake_layout.ts";
import { HandshakeStep, handshakeStep } from "./handshake_step.ts";
import {
  FINISHED_SERVER,
  HASH_EPHEMERAL,
  HASH_EPHEMERAL_KEY,
  HASH_HEADER,
  HASH_SERVER_STATIC,
  HASH_USER_KEM,
  KEY_EPHEMERAL,
  KEY_OPAQUE,
  KEY_SERVER_STATIC,
} from "./labels.ts";
import { type TrafficSecrets, Transcript, type TranscriptState } from "./transcript.ts";
import { xWingEncapsulate } from "./x_wing.ts";

/** The client's ephemeral key waits for M2. */
export type ServerAfterM1 = HandshakeStep<"server after M1", Bytes>;
export type ServerAfterM2 = HandshakeStep<"server after M2">;
export type ServerAfterM3<Mode extends HandshakeMode> = HandshakeStep<`server after M3 ${Mode}`>;
export type ServerAfterM4<Mode extends HandshakeMode> = HandshakeStep<
  `server after M4 ${Mode}`,
  null
>;
export type ServerAfterM5 = HandshakeStep<"server after M5">;
export type ServerAfterM5Register = HandshakeStep<"server after M5R">;

/** What the server is asked in M3, and the state that goes with the answer. */
export type ServerRequest =
  | (ClientRequest & { mode: "login" }) & { afterM3: ServerAfterM3<"login"> }
  | (ClientRequest & { mode: "register" }) & { afterM3: ServerAfterM3<"register"> }
  | (ClientRequest & { mode: "recover" }) & { afterM3: ServerAfterM3<"recover"> };

/**
 * M1: the client has encrypted to the server's long-term key.
 *
 * @param input `decapsulate` asks whoever holds that key; it answers on a tick (releaseOnTick), with
 * an unrelated secret for a ciphertext that was changed
 */
export function serverOnM1(
  { serverRecord, m1, decapsulate }: {
    serverRecord: Bytes;
    m1: Bytes;
    decapsulate: (kemKeyId: Bytes, ciphertext: Bytes) => Promise<Bytes>;
  },
): Promise<ServerAfterM1> {
  return handshakeStep(async () => {
    const { header, kemKeyId, serverCiphertext, ephemeralKey, seal } = parseM1(m1);
    const sharedSecret = await decapsulate(kemKeyId, serverCiphertext);
    const transcript = Transcript.start(serverRecord);
    transcript.mixHash(HASH_HEADER, header);
    transcript.mixHash(HASH_SERVER_STATIC, serverCiphertext);
    transcript.mixKey(KEY_SERVER_STATIC, sharedSecret);
    transcript.mixHash(HASH_EPHEMERAL_KEY, ephemeralKey);
    await transcript.open(seal);
    return new HandshakeStep("server after M1", transcript, ephemeralKey);
  });
}

/** M2: a secret for the client's ephemeral key, and the server's hello. */
export function serverM2(
  afterM1: ServerAfterM1,
  hello: ServerHello,
): Promise<{ m2: Bytes; afterM2: ServerAfterM2 }> {
  // The ephemeral key is the peer's, so encapsulating to it can fail by the peer's fault.
  return handshakeStep(async () => {
    const { transcript, extra: ephemeralKey } = afterM1.take();
    const { ciphertext, sharedSecret } = await xWingEncapsulate(ephemeralKey);
    transcript.mixHash(HASH_EPHEMERAL, ciphertext);
    transcript.mixKey(KEY_EPHEMERAL, sharedSecret);
    const m2 = concat(ciphertext, await transcript.seal(encodeHello(hello)));
    return { m2, afterM2: new HandshakeStep("server after M2", transcript, null) };
  });
}

/** M3: who wants what. */
export function serverOnM3(afterM2: ServerAfterM2, m3: Bytes): Promise<ServerRequest> {
  return handshakeStep(async () => {
    const { transcript } = afterM2.take();
    if (m3.length !== M3_BYTES) throw new HandshakeError();
    const request = parseClientRequest(await transcript.open(m3));
    switch (request.mode) {
      case "login":
        return {
          ...request,
          afterM3: new HandshakeStep("server after M3 login", transcript, null),
        };
      case "register":
        return {
          ...request,
          afterM3: new HandshakeStep("server after M3 register", transcript, null),
        };
      case "recover":
        return {
          ...request,
          afterM3: new HandshakeStep("server after M3 recover", transcript, null),
        };
    }
  });
}

/** M4: the OPAQUE response; M4R: an encoded payload with it, which the handshake does not look into. */
export async function serverM4<Mode extends HandshakeMode>(
  afterM3: ServerAfterM3<Mode>,
  response: Bytes,
): Promise<{ m4: Bytes; afterM4: ServerAfterM4<Mode> }> {
  const { transcript } = afterM3.take();
  const m4 = await transcript.seal(response);
  const mode = afterM3.name.slice("server after M3 ".length) as Mode;
  return { m4, afterM4: new HandshakeStep(`server after M4 ${mode}` as const, transcript, null) };
}

/** M5: the client's last OPAQUE message. */
export function serverOnM5(
  afterM4: ServerAfterM4<"login">,
  m5: Bytes,
): Promise<{ ke3: Bytes; afterM5: ServerAfterM5 }> {
  return handshakeStep(async () => {
    const { transcript } = afterM4.take();
    const ke3 = await transcript.open(m5);
    return { ke3, afterM5: new HandshakeStep("server after M5", transcript, null) };
  });
}

/**
 * M6: the user's keys. `sessionKey`, from OPAQUE, is wiped. The state goes to confirmLogin together
 * with M7: only there is the user's secret known.
 */
export async function serverM6(
  afterM5: ServerAfterM5,
  { sessionKey, ...keys }: UserKeys & { sessionKey: Bytes },
): Promise<{ m6: Bytes; state: TranscriptState }> {
  const { transcript } = afterM5.take();
  transcript.mixKey(KEY_OPAQUE, sessionKey);
  const m6 = await transcript.seal(encodeUserKeys(keys));
  transcript.mixHash(HASH_USER_KEM, keys.kemPublicKey);
  return { m6, state: transcript.exportState() };
}

/** M8, from the state that confirmLogin gave back. The channel is open. */
export async function serverM8(
  state: TranscriptState,
): Promise<{ m8: Bytes; secrets: TrafficSecrets }> {
  const transcript = Transcript.restore(state);
  const m8 = await transcript.seal(transcript.finishedMac(FINISHED_SERVER));
  return { m8, secrets: transcript.split() };
}

/** M5R: the registration or recovery, an encoded payload that the handshake does not look into. */
export function serverOnM5Register(
  afterM4: ServerAfterM4<RegistrationMode>,
  m5r: Bytes,
): Promise<{ payload: Bytes; afterM5: ServerAfterM5Register }> {
  return handshakeStep(async () => {
    const { transcript } = afterM4.take();
    const payload = await transcript.open(m5r);
    return { payload, afterM5: new HandshakeStep("server after M5R", transcript, null) };
  });
}

/** M6R: how the registration or recovery ended. The connection ends here. */
export async function serverM6Register(
  afterM5: ServerAfterM5Register,
  result: RegistrationResult,
): Promise<{ m6r: Bytes }> {
  const { transcript } = afterM5.take();
  return { m6r: await transcript.seal(encodeRegistrationResult(result)) };
}
