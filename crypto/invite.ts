/**
 * Invites: one line that an administrator hands to a new user.
 *
 * `mailsec://USER@HOST:PORT/CODE`, where CODE is the Crockford base32 of
 * `u8 1 ‖ anchor(20) ‖ secret(16)`. The anchor commits to the server's root key, so that a wrong
 * server is refused on the very first connection; the secret proves to the server, once, that its
 * holder was invited.
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
import { INVITE_ANCHOR, INVITE_BIND, INVITE_TOKEN, labelled } from "./labels.ts";
import { normalizeUserName } from "./names.ts";
import { TrustError } from "./trust_error.ts";

const INVITE_VERSION = 1;
const ANCHOR_BYTES = 20;
const HASH_BYTES = 32;
const MAX_HOST_CHARACTERS = 253;

/** The secret of an invite, in bytes. */
export const INVITE_SECRET_BYTES = 16;
/** The token that the server checks, in bytes. */
export const INVITE_TOKEN_BYTES = 32;

const INVITE_HINT = "Copy the whole line that starts with mailsec:// and try again.";

/** An invite as read. */
export interface Invite {
  /** Lower case. */
  readonly user: string;
  /** Host name or IP address, lower case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Commitment to the server, 20 bytes: see {@linkcode verifyInviteAnchor}. */
  readonly anchor: Bytes;
  /** 16 bytes. */
  readonly secret: Bytes;
}

/** What an anchor commits to. Zeros stand for a log or an inviting user that there is not. */
export interface AnchorSource {
  /** Fingerprint of the server's root key, 32 bytes. */
  readonly fingerprint: Bytes;
  readonly logSize?: number;
  /** 32 bytes. */
  readonly logRoot?: Bytes;
  /** 32 bytes. */
  readonly inviterFingerprint?: Bytes;
}

/**
 * `SHA-256("mailsec/1 anchor\0" ‖ fingerprint ‖ u64 logSize ‖ logRoot ‖ inviterFingerprint)`, its
 * first 20 bytes.
 */
export function anchorOf(source: AnchorSource): Bytes {
  const hashes = [
    source.fingerprint,
    source.logRoot ?? new Uint8Array(HASH_BYTES),
    source.inviterFingerprint ?? new Uint8Array(HASH_BYTES),
  ];
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) {
    throw new RangeError("anchorOf: every hash must have 32 bytes");
  }
  const [fingerprint, logRoot, inviter] = hashes as [Bytes, Bytes, Bytes];
  const committed = new ByteWriter()
    .bytes(fingerprint).u64(source.logSize ?? 0).bytes(logRoot).bytes(inviter).finish();
  return sha256(labelled(INVITE_ANCHOR, committed)).slice(0, ANCHOR_BYTES);
}

/** A fresh secret for an invite, 16 bytes. */
export function newInviteSecret(): Bytes {
  return randomBytes(INVITE_SECRET_BYTES);
}

/**
 * The invite line.
 *
 * @throws {FormatError} on a user, host or port that {@linkcode parseInvite} would refuse.
 */
export function makeInvite(
  { user, host, port, rootFingerprint, secret }: {
    user: string;
    host: string;
    port: number;
    rootFingerprint: Bytes;
    secret: Bytes;
  },
): string {
  if (secret.length !== INVITE_SECRET_BYTES) throw new RangeError("makeInvite: secret length");
  const code = new ByteWriter()
    .u8(INVITE_VERSION).bytes(anchorOf({ fingerprint: rootFingerprint })).bytes(secret).finish();
  const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const line = `mailsec://${user}@${authority}/${toCrockford(code)}`;
  parseInvite(line);
  return line;
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

/** The code at the end of an invite to anchor and secret. */
function parseCode(code: string): { anchor: Bytes; secret: Bytes } {
  try {
    const reader = new ByteReader(fromCrockford(code), "code of the invite");
    const version = reader.u8();
    if (version !== INVITE_VERSION) {
      throw new FormatError(`Invites of version ${version} are not known.`);
    }
    const anchor = reader.bytes(ANCHOR_BYTES);
    const secret = reader.bytes(INVITE_SECRET_BYTES);
    reader.end();
    return { anchor, secret };
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new FormatError("The code at the end of the invite is mistyped or cut off.", {
      hint: INVITE_HINT,
      cause,
    });
  }
}

/**
 * Checks that a server is the one that an invite was made for.
 *
 * @throws {TrustError} `invite_mismatch`
 */
export function verifyInviteAnchor(invite: Invite, server: AnchorSource): void {
  if (!equalBytes(invite.anchor, anchorOf(server))) {
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
