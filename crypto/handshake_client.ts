/**
 * The client's end of the handshake (PQNoise pattern pqXK, doi 10.1145/3548606.3560577, with OPAQUE
 * before the last KEM), as steps from one state to the next:
 *
 * ```
 * clientStart ─M1→ ─M2→ clientOnM2 · clientM3 ─M3→ ─M4 or M4R→ clientOnM4
 *   login:        clientM5 ─M5→ ─M6→ clientOnM6 · clientM7 ─M7→ ─M8→ clientOnM8: traffic secrets
 *   registration: clientM5Register ─M5R→ ─M6R→ clientOnM6Register: the connection ends
 * ```
 *
 * A recovery goes through the steps of a registration.
 *
 * Layouts: handshake_layout.ts. Steps that take a peer's message throw HandshakeError and nothing
 * else; the connection is then closed without a word.
 *
 * Bytes: docs/protocol.md, 5.
 */

import { type Bytes, concat, EMPTY, equalBytes } from "./bytes.ts";
import { encapsulate, importKemPublicKey } from "./composite_kem.ts";
import { HandshakeError } from "./errors.ts";
import {
  type ClientRequest,
  encodeClientRequest,
  encodeM1Header,
  type HandshakeMode,
  M8_BYTES,
  parseHello,
  parseM2,
  parseRegistrationResult,
  parseUserKeys,
  type RegistrationMode,
  type RegistrationResult,
  type ServerHello,
  type UserKeys,
} from "./handshake_layout.ts";
import { HandshakeStep, handshakeStep } from "./handshake_step.ts";
import {
  FINISHED_CLIENT,
  FINISHED_SERVER,
  HASH_EPHEMERAL,
  HASH_EPHEMERAL_KEY,
  HASH_HEADER,
  HASH_SERVER_STATIC,
  HASH_USER_KEM,
  KEY_EPHEMERAL,
  KEY_OPAQUE,
  KEY_SERVER_STATIC,
  KEY_USER_STATIC,
} from "./labels.ts";
import { type TrafficSecrets, Transcript } from "./transcript.ts";
import { xWingGenerate, type XWingKeyPair } from "./x_wing.ts";

export type ClientAfterM1 = HandshakeStep<"client after M1", XWingKeyPair>;
export type ClientAfterM2 = HandshakeStep<"client after M2">;
export type ClientAfterM3<Mode extends HandshakeMode> = HandshakeStep<`client after M3 ${Mode}`>;
export type ClientAfterM4<Mode extends HandshakeMode> = HandshakeStep<
  `client after M4 ${Mode}`,
  null
>;
export type ClientAfterM5 = HandshakeStep<"client after M5">;
export type ClientAfterM5Register = HandshakeStep<"client after M5R">;
export type ClientAfterM6 = HandshakeStep<"client after M6">;
export type ClientAfterM7 = HandshakeStep<"client after M7">;

/**
 * Begins, with a server whose record has been verified.
 *
 * @param server `record`, the server record's bytes, and `kemPublicKey`, the key inside it
 */
export async function clientStart(
  server: { record: Bytes; kemPublicKey: Bytes },
): Promise<{ m1: Bytes; afterM1: ClientAfterM1 }> {
  const [serverKey, ephemeral] = await Promise.all([
    importKemPublicKey(server.kemPublicKey),
    xWingGenerate(),
  ]);
  const { ciphertext, sharedSecret } = await encapsulate(serverKey);
  const header = encodeM1Header(serverKey.keyId);
  const transcript = Transcript.start(server.record);
  transcript.mixHash(HASH_HEADER, header);
  transcript.mixHash(HASH_SERVER_STATIC, ciphertext);
  transcript.mixKey(KEY_SERVER_STATIC, sharedSecret);
  transcript.mixHash(HASH_EPHEMERAL_KEY, ephemeral.publicKey);
  const seal = await transcript.seal(EMPTY);
  return {
    m1: concat(header, ciphertext, ephemeral.publicKey, seal),
    afterM1: new HandshakeStep("client after M1", transcript, ephemeral),
  };
}

/** M2: from here on the server is proven to hold the record's key. */
export function clientOnM2(
  afterM1: ClientAfterM1,
  m2: Bytes,
): Promise<{ hello: ServerHello; afterM2: ClientAfterM2 }> {
  return handshakeStep(async () => {
    const { transcript, extra: ephemeral } = afterM1.take();
    const { ciphertext, seal } = parseM2(m2);
    const sharedSecret = await ephemeral.decapsulate(ciphertext);
    transcript.mixHash(HASH_EPHEMERAL, ciphertext);
    transcript.mixKey(KEY_EPHEMERAL, sharedSecret);
    const hello = parseHello(await transcript.open(seal));
    return { hello, afterM2: new HandshakeStep("client after M2", transcript, null) };
  });
}

/**
 * M3: who, and the first OPAQUE message. Throws FormatError when the request does not fit.
 *
 * @param request with `ticket`, `token` (the invite's) or `auth` (the recovery code's), by its mode
 */
export async function clientM3<Mode extends HandshakeMode>(
  afterM2: ClientAfterM2,
  request: ClientRequest & { mode: Mode },
): Promise<{ m3: Bytes; afterM3: ClientAfterM3<Mode> }> {
  const plaintext = encodeClientRequest(request);
  const { transcript } = afterM2.take();
  const m3 = await transcript.seal(plaintext);
  const mode: Mode = request.mode;
  return { m3, afterM3: new HandshakeStep(`client after M3 ${mode}` as const, transcript, null) };
}

/** M4: the OPAQUE response; M4R: an encoded payload with it, which the handshake does not look into. */
export function clientOnM4<Mode extends HandshakeMode>(
  afterM3: ClientAfterM3<Mode>,
  m4: Bytes,
): Promise<{ response: Bytes; afterM4: ClientAfterM4<Mode> }> {
  return handshakeStep(async () => {
    const { transcript } = afterM3.take();
    const response = await transcript.open(m4);
    const mode = afterM3.name.slice("client after M3 ".length) as Mode;
    const afterM4 = new HandshakeStep(`client after M4 ${mode}` as const, transcript, null);
    return { response, afterM4 };
  });
}

/** M5: the last OPAQUE message; then `sessionKey` is mixed in, and wiped. */
export async function clientM5(
  afterM4: ClientAfterM4<"login">,
  { ke3, sessionKey }: { ke3: Bytes; sessionKey: Bytes },
): Promise<{ m5: Bytes; afterM5: ClientAfterM5 }> {
  const { transcript } = afterM4.take();
  const m5 = await transcript.seal(ke3);
  transcript.mixKey(KEY_OPAQUE, sessionKey);
  return { m5, afterM5: new HandshakeStep("client after M5", transcript, null) };
}

/** M6: the user's own keys, still sealed, and a secret encapsulated to them. */
export function clientOnM6(
  afterM5: ClientAfterM5,
  m6: Bytes,
): Promise<UserKeys & { afterM6: ClientAfterM6 }> {
  return handshakeStep(async () => {
    const { transcript } = afterM5.take();
    const keys = parseUserKeys(await transcript.open(m6));
    transcript.mixHash(HASH_USER_KEM, keys.kemPublicKey);
    return { ...keys, afterM6: new HandshakeStep("client after M6", transcript, null) };
  });
}

/**
 * M7: the proof that the client holds the user's private key.
 *
 * @param userSecret ssU, decapsulated from M6's ciphertext (released on a tick); wiped
 */
export async function clientM7(
  afterM6: ClientAfterM6,
  userSecret: Bytes,
): Promise<{ m7: Bytes; afterM7: ClientAfterM7 }> {
  const { transcript } = afterM6.take();
  transcript.mixKey(KEY_USER_STATIC, userSecret);
  const m7 = await transcript.seal(transcript.finishedMac(FINISHED_CLIENT));
  return { m7, afterM7: new HandshakeStep("client after M7", transcript, null) };
}

/** M8: the server has seen the same handshake. The channel is open. */
export function clientOnM8(afterM7: ClientAfterM7, m8: Bytes): Promise<TrafficSecrets> {
  return handshakeStep(async () => {
    const { transcript } = afterM7.take();
    if (m8.length !== M8_BYTES) throw new HandshakeError();
    const expected = transcript.finishedMac(FINISHED_SERVER);
    if (!equalBytes(await transcript.open(m8), expected)) throw new HandshakeError();
    return transcript.split();
  });
}

/** M5R: the registration or recovery, an encoded payload that the handshake does not look into. */
export async function clientM5Register(
  afterM4: ClientAfterM4<RegistrationMode>,
  payload: Bytes,
): Promise<{ m5r: Bytes; afterM5: ClientAfterM5Register }> {
  const { transcript } = afterM4.take();
  const m5r = await transcript.seal(payload);
  return { m5r, afterM5: new HandshakeStep("client after M5R", transcript, null) };
}

/** M6R: whether the server has taken the registration or recovery. The connection ends here. */
export function clientOnM6Register(
  afterM5: ClientAfterM5Register,
  m6r: Bytes,
): Promise<RegistrationResult> {
  return handshakeStep(async () => {
    const { transcript } = afterM5.take();
    return parseRegistrationResult(await transcript.open(m6r));
  });
}
