/**
 * Heads of the key log: size and root at one moment, signed by the server's root key.
 *
 * A head is a C2SP tlog-checkpoint in a signed note, as text with a line feed after each line:
 *
 * ```
 * mailsec/<realm, base64url>
 * <size, decimal>
 * <root, base64>
 *
 * — mailsec/<realm, base64url> <base64 of key id(4) ‖ signature(3373)>
 * ```
 *
 * The signature is `Sign("log-head", the first three lines)`. The key id is the first 4 bytes of
 * `SHA-256("mailsec/" ‖ realm, base64url ‖ 0x0A ‖ 0xff ‖ "mailsec/1 log-head" ‖ public key)`, as
 * signed-note recommends. There is exactly one signature, and no extension line.
 *
 * Bytes: docs/protocol.md, 13.4.
 */

import { type Bytes, concat, equalBytes, toBase64Url, utf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha256 } from "./kdf.ts";
import { LOG_ORIGIN, LOG_SIGNATURE_TYPE } from "./labels.ts";
import { MERKLE_HASH_BYTES } from "./merkle.ts";
import { SIGNATURE_BYTES, type Signer, verifySignature } from "./sign.ts";
import { TrustError } from "./trust_error.ts";

const REALM_BYTES = 32;
const KEY_ID_BYTES = 4;
/** Signed-note's type for signatures that have no type of their own there. */
const UNASSIGNED_TYPE = 0xff;

/** Greatest head, in characters: the size has at most 16 digits. */
const MAX_LOG_HEAD_CHARACTERS = 2 * (LOG_ORIGIN.length + 43) + 16 + 44 +
  4 * Math.ceil((KEY_ID_BYTES + SIGNATURE_BYTES) / 3) + 8;

/** Size and root of a log. */
export interface LogHead {
  /** Whose log it is, 32 bytes. */
  readonly realm: Bytes;
  /** How many entries it has. */
  readonly size: number;
  /** Root of the tree over them, 32 bytes. */
  readonly root: Bytes;
}

/** A head together with the note that proves the server's word for it. */
export interface SignedLogHead extends LogHead {
  /** The whole signed note. */
  readonly note: string;
}

const NOTE = new RegExp(
  `^${LOG_ORIGIN}([A-Za-z0-9_-]{43})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n` +
    `\u2014 ${LOG_ORIGIN}([A-Za-z0-9_-]{43}) ([A-Za-z0-9+/]+={0,2})\n$`,
);

/**
 * Signs a head.
 *
 * @param signer The server's root key.
 */
export async function makeLogHead(
  signer: Signer,
  { realm, size, root }: LogHead,
): Promise<SignedLogHead> {
  const text = textOf({ realm, size, root });
  const signature = concat(
    keyIdOf(realm, signer.publicKey),
    await signer.sign("log-head", utf8(text)),
  );
  const note = `${text}\n\u2014 ${originOf(realm)} ${signature.toBase64()}\n`;
  parseNote(note);
  return { realm, size, root, note };
}

/**
 * Reads a head. Only its form is checked: {@linkcode verifyLogHead} decides whether it is signed.
 *
 * @throws {FormatError}
 */
export function parseLogHead(note: string): LogHead {
  return parseNote(note).head;
}

/**
 * Reads a head and checks that it is of this realm and signed by its root key.
 *
 * @throws {FormatError} when it is not a head.
 * @throws {TrustError} `log_head`
 */
export async function verifyLogHead(
  note: string,
  { realm, signingKey }: { realm: Bytes; signingKey: Bytes },
): Promise<SignedLogHead> {
  const { head, keyId, signature } = parseNote(note);
  if (!equalBytes(head.realm, realm)) throw notSigned("is of another server");
  const valid = equalBytes(keyId, keyIdOf(realm, signingKey)) &&
    await verifySignature(signingKey, {
      purpose: "log-head",
      message: utf8(textOf(head)),
      signature,
    });
  if (!valid) throw notSigned("is not signed by it");
  return { ...head, note };
}

function parseNote(note: string): { head: LogHead; keyId: Bytes; signature: Bytes } {
  const parts = note.length > MAX_LOG_HEAD_CHARACTERS ? null : NOTE.exec(note);
  if (parts === null) throw malformed();
  const [, realmText = "", sizeText = "", rootText = "", signerText = "", signed = ""] = parts;
  const realm = fromBase64(realmText, "base64url");
  const size = Number(sizeText);
  const root = fromBase64(rootText);
  const signature = fromBase64(signed);
  const fits = signerText === realmText && realm.length === REALM_BYTES &&
    Number.isSafeInteger(size) && root.length === MERKLE_HASH_BYTES &&
    signature.length === KEY_ID_BYTES + SIGNATURE_BYTES;
  if (!fits) throw malformed();
  return {
    head: { realm, size, root },
    keyId: signature.slice(0, KEY_ID_BYTES),
    signature: signature.slice(KEY_ID_BYTES),
  };
}

/** The signed text. */
function textOf({ realm, size, root }: LogHead): string {
  return `${originOf(realm)}\n${size}\n${root.toBase64()}\n`;
}

function originOf(realm: Bytes): string {
  return LOG_ORIGIN + toBase64Url(realm);
}

function keyIdOf(realm: Bytes, signingKey: Bytes): Bytes {
  const type = concat(utf8("\n"), Uint8Array.of(UNASSIGNED_TYPE), utf8(LOG_SIGNATURE_TYPE));
  return sha256(concat(utf8(originOf(realm)), type, signingKey)).slice(0, KEY_ID_BYTES);
}

/** Base64 (padded) or base64url (unpadded) to bytes, in its one canonical form (RFC 4648). */
function fromBase64(text: string, alphabet: "base64" | "base64url" = "base64"): Bytes {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet });
    if (bytes.toBase64({ alphabet, omitPadding: alphabet === "base64url" }) === text) return bytes;
  } catch {
    // Told below, together with texts that are not canonical.
  }
  throw malformed();
}

function malformed(): FormatError {
  return new FormatError("This is not a signed head of a key log.", {
    hint: "A head is five lines of text, from mailsec/… to the long line of the signature: " +
      "copy them whole.",
  });
}

function notSigned(why: string): TrustError {
  return new TrustError("log_head", `The head of the server's key log ${why}.`, {
    hint: "Keep it and do not trust this server for now: ask its administrator.",
  });
}
