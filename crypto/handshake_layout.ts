/**
 * The layouts of the handshake's messages (frame bodies) and of what is sealed inside them.
 *
 * | # | body | bytes |
 * | --- | --- | --- |
 * | M1 | u8 version ‖ kemKeyId (8) ‖ ctS (1472) ‖ epk (1216) ‖ Seal("") | 2713 |
 * | M2 | ctE (1120) ‖ Seal(hello, 64) | 1200 |
 * | M3 | Seal(u8 mode ‖ lp8(user) ‖ lp8(token) ‖ lp8(OPAQUE request) ‖ zeros to 256) | 272 |
 * | M4 | Seal(KE2) | |
 * | M5 | Seal(KE3) | |
 * | M6 | Seal(user's kempk (1582) ‖ ctU (1472) ‖ key bundle) | |
 * | M7 | Seal(client's MAC, 64) | 80 |
 * | M8 | Seal(server's MAC, 64) | 80 |
 * | M4R | Seal(start of a registration or a recovery) | |
 * | M5R | Seal(registration or recovery) | |
 * | M6R | Seal(u8 1 ‖ acceptance) or Seal(u8 0 ‖ code) | |
 *
 * The token in M3 is a login ticket (48 bytes) or empty in mode 1, a login; the invite token (32) in
 * mode 2, a registration; and the recovery code's proof (32) in mode 3, a recovery.
 *
 * Where no length is given, a frame's greatest length is the frame codec's business.
 *
 * Bytes: docs/protocol.md, 5.
 */

import { TAG_BYTES } from "./aead.ts";
import { ByteReader, type Bytes, ByteWriter, concat, EMPTY, fromUtf8, utf8 } from "./bytes.ts";
import { KEM_CIPHERTEXT_BYTES, KEM_KEY_ID_BYTES, KEM_PUBLIC_BYTES } from "./composite_kem.ts";
import { FormatError } from "./errors.ts";
import { XWING_CIPHERTEXT_BYTES, XWING_PUBLIC_BYTES } from "./x_wing.ts";

/** The one version of the protocol that this code speaks. */
export const PROTOCOL_VERSION = 1;

const HELLO_BYTES = 64;
const M3_PLAINTEXT_BYTES = 256;
const MAC_BYTES = 64;

const M1_HEADER_BYTES = 1 + KEM_KEY_ID_BYTES;
/** Exact lengths of frame bodies. */
export const M1_BYTES = M1_HEADER_BYTES + KEM_CIPHERTEXT_BYTES + XWING_PUBLIC_BYTES + TAG_BYTES;
export const M2_BYTES = XWING_CIPHERTEXT_BYTES + HELLO_BYTES + TAG_BYTES;
export const M3_BYTES = M3_PLAINTEXT_BYTES + TAG_BYTES;
export const M7_BYTES = MAC_BYTES + TAG_BYTES;
export const M8_BYTES = MAC_BYTES + TAG_BYTES;

/** What M6 has besides the key bundle, in bytes. */
export const M6_OVERHEAD_BYTES = KEM_PUBLIC_BYTES + KEM_CIPHERTEXT_BYTES + TAG_BYTES;

/** Invite token, and proof of a recovery code, in M3, in bytes. */
const TOKEN_BYTES = 32;
/** Login ticket in M3, in bytes. */
const TICKET_BYTES = 48;

/** M1, taken apart. */
export interface M1 {
  /** u8 version ‖ kemKeyId (8). */
  header: Bytes;
  kemKeyId: Bytes;
  serverCiphertext: Bytes;
  ephemeralKey: Bytes;
  seal: Bytes;
}

/** M1's first nine bytes. */
export function encodeM1Header(kemKeyId: Bytes): Bytes {
  return concat(Uint8Array.of(PROTOCOL_VERSION), kemKeyId);
}

/** Takes M1 apart. Throws FormatError on another length or version. */
export function parseM1(body: Bytes): M1 {
  const reader = new ByteReader(body, "handshake message M1");
  const header = reader.bytes(M1_HEADER_BYTES);
  if (header[0] !== PROTOCOL_VERSION) throw new FormatError("The protocol version is not ours.");
  const m1 = {
    header,
    kemKeyId: header.slice(1),
    serverCiphertext: reader.bytes(KEM_CIPHERTEXT_BYTES),
    ephemeralKey: reader.bytes(XWING_PUBLIC_BYTES),
    seal: reader.bytes(TAG_BYTES),
  };
  reader.end();
  return m1;
}

/** Takes M2 apart. Throws FormatError on another length. */
export function parseM2(body: Bytes): { ciphertext: Bytes; seal: Bytes } {
  const reader = new ByteReader(body, "handshake message M2");
  const m2 = {
    ciphertext: reader.bytes(XWING_CIPHERTEXT_BYTES),
    seal: reader.bytes(HELLO_BYTES + TAG_BYTES),
  };
  reader.end();
  return m2;
}

/** What the server says of itself in M2. */
export interface ServerHello {
  /** The server's clock, ms since the Unix epoch. */
  timeMs: number;
  maxBodyBytes: number;
  maxMessageBytes: number;
  maxRecipients: number;
  /** A session that is silent for so long is ended. */
  idleSeconds: number;
}

/** `u64 timeMs ‖ u32 maxBodyBytes ‖ u32 maxMessageBytes ‖ u16 maxRecipients ‖ u16 idleSeconds ‖ 0…` */
export function encodeHello(hello: ServerHello): Bytes {
  const writer = new ByteWriter(HELLO_BYTES)
    .u64(hello.timeMs)
    .u32(hello.maxBodyBytes)
    .u32(hello.maxMessageBytes)
    .u16(hello.maxRecipients)
    .u16(hello.idleSeconds);
  return writer.zeros(HELLO_BYTES - writer.length).finish();
}

/** Parses a hello of 64 bytes. Throws FormatError. */
export function parseHello(bytes: Bytes): ServerHello {
  const reader = new ByteReader(bytes, "server's hello");
  const hello = {
    timeMs: reader.safeU64(),
    maxBodyBytes: reader.u32(),
    maxMessageBytes: reader.u32(),
    maxRecipients: reader.u16(),
    idleSeconds: reader.u16(),
  };
  reader.zeros(HELLO_BYTES - 20);
  reader.end();
  return hello;
}

/** What a client wants after M2. */
export type HandshakeMode = "login" | "register" | "recover";

/** The modes that end with a new password instead of a session. */
export type RegistrationMode = Exclude<HandshakeMode, "login">;

/** What M3 says. */
export type ClientRequest =
  | {
    mode: "login";
    user: string;
    request: Bytes;
    /** 48 bytes, from an earlier login on this device; null without one. */
    ticket: Bytes | null;
  }
  | { mode: "register"; user: string; request: Bytes; /** 32 bytes. */ token: Bytes }
  | { mode: "recover"; user: string; request: Bytes; /** 32 bytes. */ auth: Bytes };

const MODE_NUMBERS: Readonly<Record<HandshakeMode, number>> = { login: 1, register: 2, recover: 3 };

/** M3's plaintext. Throws FormatError on a token of a wrong length, or fields over 256 bytes. */
export function encodeClientRequest(request: ClientRequest): Bytes {
  const token = tokenOf(request);
  if (!fitsMode(request.mode, token)) {
    throw new FormatError(`A ${request.mode} takes no token of ${token.length} bytes.`);
  }
  const writer = new ByteWriter(M3_PLAINTEXT_BYTES)
    .u8(MODE_NUMBERS[request.mode])
    .lp8(utf8(request.user))
    .lp8(token)
    .lp8(request.request);
  if (writer.length > M3_PLAINTEXT_BYTES) throw new FormatError("The user name is too long.");
  return writer.zeros(M3_PLAINTEXT_BYTES - writer.length).finish();
}

/** Parses M3's plaintext. The user name is UTF-8, no more is checked. Throws FormatError. */
export function parseClientRequest(bytes: Bytes): ClientRequest {
  const reader = new ByteReader(bytes, "handshake message M3");
  const mode = reader.u8();
  const user = fromUtf8(reader.lp8());
  const token = reader.lp8();
  const request = reader.lp8();
  reader.zeros(reader.remaining);
  if (mode === MODE_NUMBERS.login && fitsMode("login", token)) {
    return { mode: "login", user, request, ticket: token.length === 0 ? null : token };
  }
  if (mode === MODE_NUMBERS.register && fitsMode("register", token)) {
    return { mode: "register", user, request, token };
  }
  if (mode === MODE_NUMBERS.recover && fitsMode("recover", token)) {
    return { mode: "recover", user, request, auth: token };
  }
  throw new FormatError("The handshake message M3 has an unknown mode or a bad token.");
}

function tokenOf(request: ClientRequest): Bytes {
  switch (request.mode) {
    case "login":
      return request.ticket ?? EMPTY;
    case "register":
      return request.token;
    case "recover":
      return request.auth;
  }
}

function fitsMode(mode: HandshakeMode, { length }: Bytes): boolean {
  return mode === "login" ? length === 0 || length === TICKET_BYTES : length === TOKEN_BYTES;
}

/** What the server gives a user who has shown the password. */
export interface UserKeys {
  /** The user's composite KEM key, 1582 bytes. */
  kemPublicKey: Bytes;
  /** ctU, encapsulated to that key, 1472 bytes. */
  kemCiphertext: Bytes;
  /** The user's sealed key bundle. */
  bundle: Bytes;
}

/** M6's plaintext. */
export function encodeUserKeys(keys: UserKeys): Bytes {
  return concat(keys.kemPublicKey, keys.kemCiphertext, keys.bundle);
}

/** Parses M6's plaintext. Throws FormatError. */
export function parseUserKeys(bytes: Bytes): UserKeys {
  const reader = new ByteReader(bytes, "handshake message M6");
  return {
    kemPublicKey: reader.bytes(KEM_PUBLIC_BYTES),
    kemCiphertext: reader.bytes(KEM_CIPHERTEXT_BYTES),
    bundle: reader.rest(),
  };
}

/** How a registration or a recovery ended. */
export type RegistrationResult =
  | { accepted: true; payload: Bytes }
  | { accepted: false; code: string };

/** M6R's plaintext. */
export function encodeRegistrationResult(result: RegistrationResult): Bytes {
  return result.accepted
    ? concat(Uint8Array.of(1), result.payload)
    : concat(Uint8Array.of(0), utf8(result.code));
}

/** Parses M6R's plaintext. Throws FormatError. */
export function parseRegistrationResult(bytes: Bytes): RegistrationResult {
  const reader = new ByteReader(bytes, "handshake message M6R");
  const status = reader.u8();
  if (status > 1) throw new FormatError("The registration ended in an unknown way.");
  return status === 1
    ? { accepted: true, payload: reader.rest() }
    : { accepted: false, code: fromUtf8(reader.rest()) };
}
