/**
 * Invites: one line that whoever invites hands to a new user.
 *
 * `mailsec://USER@HOST:PORT/CODE`, where CODE is the Crockford base32 of `u8 2 ‖
 * rootFingerprint(20) ‖ secret(16) ‖ u32 logSize ‖ logRoot(20) ‖ inviterFingerprint(20) ‖ check(4)`.
 *
 * The hashes are cut to their first 160 bits, as fingerprints are shown. The first one names the
 * server's root key, so a wrong server is refused on the very first connection; size and root are
 * the head of the key log that the inviter saw, so a server cannot show the new user another log; the
 * last one is the inviting user's key (zeros: made at the server's machine). The secret proves to
 * the server, once, that its holder was invited. The check is the beginning of a labelled SHA-256
 * over all before it: a mistyped code must not look like a lying server.
 *
 * Bytes: docs/protocol.md, 3.3.
 */

import {
  ByteReader,
  type Bytes,
  ByteWriter,
  equalBytes,
  fromCrockford,
  randomBytes,
  toCrockford,
} from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { hkdf, sha256 } from "./kdf.ts";
import { INVITE_BIND, INVITE_CHECK, INVITE_TOKEN, labelled } from "./labels.ts";
import { normalizeUserName } from "./names.ts";
import { TrustError } from "./trust_error.ts";

const INVITE_VERSION = 2;
/** Invites of version 1: `u8 1 ‖ anchor(20) ‖ secret(16)`. */
const OLD_VERSION = 1;
const OLD_BYTES = 37;
const HASH_BYTES = 32;
const CUT_BYTES = 20;
const CHECK_BYTES = 4;
const MAX_HOST_CHARACTERS = 253;

/** The secret of an invite, in bytes. */
export const INVITE_SECRET_BYTES = 16;
/** The token that the server checks, in bytes. */
export const INVITE_TOKEN_BYTES = 32;

const INVITE_HINT = "Copy the whole line that starts with mailsec:// and try again.";

/** What an invite's code says. */
interface InviteCode {
  /** Of the server's root key, first 20 bytes: see {@linkcode verifyInviteServer}. */
  readonly rootFingerprint: Bytes;
  /** 16 bytes. */
  readonly secret: Bytes;
  /** How many entries the key log had when the invite was made. */
  readonly logSize: number;
  /** Root of the key log at that size, first 20 bytes: see {@linkcode inviteFitsLog}. */
  readonly logRoot: Bytes;
  /** Of the inviting user's key, first 20 bytes; null: it was made at the server's machine. */
  readonly inviterFingerprint: Bytes | null;
}

/** An invite as read. */
export interface Invite extends InviteCode {
  /** Lower case. */
  readonly user: string;
  /** Host name or IP address, lower case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The first 160 bits of a hash or fingerprint, 20 bytes: as it stands in an invite. */
export function cutHash(hash: Bytes): Bytes {
  return hash.slice(0, CUT_BYTES);
}

/** A fresh secret for an invite, 16 bytes. */
export function newInviteSecret(): Bytes {
  return randomBytes(INVITE_SECRET_BYTES);
}

/**
 * The invite line. Hashes are given whole.
 *
 * @throws {FormatError} on a user, host or port that {@linkcode parseInvite} would refuse.
 */
export function makeInvite(
  { user, host, port, ...code }: {
    user: string;
    host: string;
    port: number;
    /** Of the server's root key, 32 bytes. */
    rootFingerprint: Bytes;
    /** 16 bytes. */
    secret: Bytes;
    logSize: number;
    /** 32 bytes. */
    logRoot: Bytes;
    /** Of the inviting user's key, 32 bytes; null at the server's machine. */
    inviterFingerprint: Bytes | null;
  },
): string {
  const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const line = `mailsec://${user}@${authority}/${toCrockford(encodeCode(code))}`;
  parseInvite(line);
  return line;
}

function encodeCode(code: InviteCode): Bytes {
  const hashes = [code.rootFingerprint, code.logRoot, code.inviterFingerprint];
  if (hashes.some((hash) => hash !== null && hash.length !== HASH_BYTES)) {
    throw new RangeError("makeInvite: every hash must have 32 bytes");
  }
  if (code.secret.length !== INVITE_SECRET_BYTES) throw new RangeError("makeInvite: secret length");
  const checked = new ByteWriter()
    .u8(INVITE_VERSION)
    .bytes(cutHash(code.rootFingerprint))
    .bytes(code.secret)
    .u32(code.logSize)
    .bytes(cutHash(code.logRoot))
    .bytes(cutHash(code.inviterFingerprint ?? new Uint8Array(HASH_BYTES)))
    .finish();
  return new ByteWriter().bytes(checked).bytes(checkOf(checked)).finish();
}

/** The first 4 bytes of `SHA-256("mailsec/1 invite-check\0" ‖ code before the check)`. */
function checkOf(checked: Bytes): Bytes {
  return sha256(labelled(INVITE_CHECK, checked)).slice(0, CHECK_BYTES);
}

const INVITE_LINE =
  /^mailsec:\/\/([^@/]+)@(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})\/(.+)$/i;

/**
 * Reads an invite line; blanks around it, and hyphens in the code, do not matter.
 *
 * @throws {FormatError} when it is mistyped, cut off, or of a version this release does not know.
 */
export function parseInvite(text: string): Invite {
  const parts = INVITE_LINE.exec(text.trim());
  const [, user = "", ipv6, name, portText, code = ""] = parts ?? [];
  const host = (ipv6 ?? name ?? "").toLowerCase();
  const port = Number(portText);
  if (parts === null || host.length > MAX_HOST_CHARACTERS || port < 1 || port > 65_535) {
    throw new FormatError("This is not an invite: mailsec://USER@HOST:PORT/CODE.", {
      hint: INVITE_HINT,
    });
  }
  return { user: normalizeUserName(user), host, port, ...parseCode(code) };
}

function parseCode(text: string): InviteCode {
  let bytes: Bytes;
  try {
    bytes = fromCrockford(text);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw mistyped(cause);
  }
  if (bytes[0] === OLD_VERSION && bytes.length === OLD_BYTES) {
    throw new FormatError("This invite was made by an older release of mailsec.", {
      hint: "Ask for a new invite.",
    });
  }
  try {
    return readCode(bytes);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw mistyped(cause);
  }
}

function readCode(bytes: Bytes): InviteCode {
  const reader = new ByteReader(bytes, "code of the invite");
  const version = reader.u8();
  if (version !== INVITE_VERSION) {
    throw new FormatError(`Invites of version ${version} are not known.`);
  }
  const code = {
    rootFingerprint: reader.bytes(CUT_BYTES),
    secret: reader.bytes(INVITE_SECRET_BYTES),
    logSize: reader.u32(),
    logRoot: reader.bytes(CUT_BYTES),
  };
  const inviter = reader.bytes(CUT_BYTES);
  const check = reader.bytes(CHECK_BYTES);
  reader.end();
  if (!equalBytes(check, checkOf(bytes.slice(0, -CHECK_BYTES)))) {
    throw new FormatError("The check of the invite's code is wrong.");
  }
  const isServer = inviter.every((byte) => byte === 0);
  return { ...code, inviterFingerprint: isServer ? null : inviter };
}

function mistyped(cause: FormatError): FormatError {
  return new FormatError("The code at the end of the invite is mistyped or cut off.", {
    hint: INVITE_HINT,
    cause,
  });
}

/**
 * Checks that a server is the one that an invite was made for.
 *
 * @param server fingerprint of its root key, 32 bytes
 * @throws {TrustError} `invite_mismatch`
 */
export function verifyInviteServer(invite: Invite, server: { fingerprint: Bytes }): void {
  if (!equalBytes(invite.rootFingerprint, cutHash(server.fingerprint))) {
    throw new TrustError(
      "invite_mismatch",
      `The server at ${invite.host}:${invite.port} is not the one that made this invite.`,
      {
        hint:
          "Check the invite for mistakes. If it is right, somebody may be posing as the server: " +
          "do not go on, ask whoever invited you.",
      },
    );
  }
}

/**
 * Whether the log that the inviter saw is the beginning of this one.
 *
 * @param rootAtSize Root of this log at the invite's `logSize`, 32 bytes.
 */
export function inviteFitsLog(invite: Invite, rootAtSize: Bytes): boolean {
  return equalBytes(invite.logRoot, cutHash(rootAtSize));
}

/** What the client shows to the server to register: `HKDF(secret, "invite-token")`, 32 bytes. */
export function inviteToken(secret: Bytes): Bytes {
  return hkdf(secret, labelled(INVITE_TOKEN), INVITE_TOKEN_BYTES);
}

/** What the server keeps of an invite: SHA-256 of the token, 32 bytes. */
export function inviteTokenHash(token: Bytes): Bytes {
  return sha256(token);
}

/** The key that binds an identity record to its invite: `HKDF(secret, "bind")`, 32 bytes. */
export function inviteBindKey(secret: Bytes): Bytes {
  return hkdf(secret, labelled(INVITE_BIND), HASH_BYTES);
}
