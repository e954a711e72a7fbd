/**
 * Identity records: which keys a user has, signed with them. A user's records are a chain; each one
 * after the first names the one before it and is authorized by somebody.
 *
 * Layout: `u8 1 ‖ lp8(user) ‖ u32 epoch ‖ u8 type ‖ KEM key(1582) ‖ signing key(1984) ‖
 * prevHash(32) ‖ u64 time ‖ inviteTag(32) ‖ selfSig(3373) ‖ authorization`; time in ms since the
 * Unix epoch. `selfSig = Sign("identity", all before)` by the signing key in the record.
 *
 * | type | epoch | prevHash | inviteTag | authorization |
 * | --- | --- | --- | --- | --- |
 * | 1 first | 1 | zeros | HMAC, or zeros without an invite | none |
 * | 2 rotate | 2 or more | SHA-256 of the record before | zeros | `Sign("identity-authorization", all before)(3373)` by the previous signing key |
 * | 3 reset | 2 or more | SHA-256 of the record before | HMAC | `u16 length ‖ invite grant` (invite_grant.ts) |
 *
 * Type 4 (revoke) is taken, and not known to this release.
 *
 * Bytes: docs/protocol.md, 12.1 and 12.2.
 */

import { ByteReader, type Bytes, ByteWriter, concat, EMPTY, equalBytes, utf8 } from "./bytes.ts";
import { KEM_PUBLIC_BYTES, kemKeyId } from "./composite_kem.ts";
import { FormatError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { inviteBindKey, inviteToken, inviteTokenHash } from "./invite.ts";
import { type InviteGrant, parseInviteGrant, verifyInviteGrant } from "./invite_grant.ts";
import { hmacSha256, sha256 } from "./kdf.ts";
import { readUserName } from "./names.ts";
import { SIGNATURE_BYTES, type Signer, SIGNING_PUBLIC_BYTES, verifySignature } from "./sign.ts";
import { TrustError } from "./trust_error.ts";

const RECORD_VERSION = 1;
const FIRST_EPOCH = 1;
const HASH_BYTES = 32;
const TAG_BYTES = 32;
const ZERO_HASH: Bytes = new Uint8Array(HASH_BYTES);

/** How a record came to be: see the table above. */
const FORGED =
  "Nothing is sealed to them. The server is damaged or dishonest: tell that user, not " +
  "by mail, and ask the administrator.";

export type IdentityType = "first" | "rotate" | "reset";

const TYPES: ReadonlyMap<number, IdentityType> = new Map([[1, "first"], [2, "rotate"], [
  3,
  "reset",
]]);
const TYPE_CODES: Readonly<Record<IdentityType, number>> = { first: 1, rotate: 2, reset: 3 };

/** An identity record as read. */
export interface IdentityRecord {
  readonly user: string;
  /** Number of this record among the user's, from 1. */
  readonly epoch: number;
  readonly type: IdentityType;
  /** 1582 bytes. */
  readonly kemPublicKey: Bytes;
  /** 8 bytes. */
  readonly kemKeyId: Bytes;
  /** 1984 bytes. */
  readonly signingPublicKey: Bytes;
  /** Of the signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  /** `hash` of the user's record before this one, 32 bytes; zeros for the first. */
  readonly prevHash: Bytes;
  /** When it was made, ms since the epoch, by the user's clock. */
  readonly time: number;
  /**
   * `HMAC-SHA-256(HKDF(invite secret, "bind"), record up to the tag)`, for an inviting user's client
   * to check; zeros without an invite.
   */
  readonly inviteTag: Bytes;
  /** Signature by the previous key (rotate), bytes of the invite grant (reset), empty (first). */
  readonly authorization: Bytes;
  /** SHA-256 of the whole record, 32 bytes: what the log and the next record have. */
  readonly hash: Bytes;
  /** The whole record, as received. */
  readonly bytes: Bytes;
}

/** The keys that a new record is about. */
export interface NewIdentityKeys {
  readonly kemPublicKey: Bytes;
  /** With the new signing key. */
  readonly signer: Signer;
  /** ms since the epoch. */
  readonly time: number;
}

/** Makes and signs a user's first record. */
export async function makeFirstIdentity(
  { user, inviteSecret, ...keys }: NewIdentityKeys & {
    user: string;
    /** Of the invite that is used, 16 bytes; null without one. */
    inviteSecret: Bytes | null;
  },
): Promise<IdentityRecord> {
  const place = { user, epoch: FIRST_EPOCH, prevHash: ZERO_HASH, type: "first" } as const;
  return parseIdentity(await selfSigned(keys, { ...place, inviteSecret }));
}

/** Makes a user's next record, authorized by the keys of the one before. */
export async function makeRotatedIdentity(
  { previous, previousSigner, ...keys }: NewIdentityKeys & {
    previous: IdentityRecord;
    /** With the signing key of `previous`. */
    previousSigner: Signer;
  },
): Promise<IdentityRecord> {
  const { user, epoch, hash: prevHash } = previous;
  const place = { user, epoch: epoch + 1, prevHash, type: "rotate" } as const;
  const signed = await selfSigned(keys, { ...place, inviteSecret: null });
  const authorization = await previousSigner.sign("identity-authorization", signed);
  return parseIdentity(concat(signed, authorization));
}

/**
 * Makes the record of a user who begins anew, authorized by whoever granted the invite. Whether the
 * grant is validly signed is for the caller to check before.
 *
 * @throws {TrustError} `invite_grant` when the grant is not for this user and this invite.
 */
export async function makeResetIdentity(
  { user, inviteSecret, grant, ...keys }: NewIdentityKeys & {
    user: string;
    /** 16 bytes. */
    inviteSecret: Bytes;
    grant: InviteGrant;
  },
): Promise<IdentityRecord> {
  const tokenHash = inviteTokenHash(inviteToken(inviteSecret));
  const isMine = grant.user === user && equalBytes(grant.tokenHash, tokenHash);
  if (!isMine || grant.epoch === FIRST_EPOCH) throw foreignGrant(user);
  const place = { user, epoch: grant.epoch, prevHash: grant.prevHash, type: "reset" } as const;
  const signed = await selfSigned(keys, { ...place, inviteSecret });
  const length = new ByteWriter(2).u16(grant.bytes.length).finish();
  return parseIdentity(concat(signed, length, grant.bytes));
}

/** A record up to and with its own signature. */
async function selfSigned(
  { kemPublicKey, signer, time }: NewIdentityKeys,
  place: {
    user: string;
    epoch: number;
    type: IdentityType;
    prevHash: Bytes;
    inviteSecret: Bytes | null;
  },
): Promise<Bytes> {
  const untagged = new ByteWriter(4096)
    .u8(RECORD_VERSION)
    .lp8(utf8(place.user))
    .u32(place.epoch)
    .u8(TYPE_CODES[place.type])
    .bytes(kemPublicKey)
    .bytes(signer.publicKey)
    .bytes(place.prevHash)
    .u64(time)
    .finish();
  const tag = place.inviteSecret === null
    ? new Uint8Array(TAG_BYTES)
    : hmacSha256(inviteBindKey(place.inviteSecret), untagged);
  const signed = concat(untagged, tag);
  return concat(signed, await signer.sign("identity", signed));
}

/**
 * Reads a record. Only its form is checked: {@linkcode verifyIdentity} decides whether it is valid.
 *
 * @throws {FormatError}
 */
export function parseIdentity(bytes: Bytes): IdentityRecord {
  const reader = new ByteReader(bytes, "identity record");
  const version = reader.u8();
  if (version !== RECORD_VERSION) throw unknown(`of version ${version}`);
  const user = readUserName(reader, "identity record");
  const epoch = reader.u32();
  const typeCode = reader.u8();
  const type = TYPES.get(typeCode);
  if (type === undefined || epoch === 0 || (epoch === FIRST_EPOCH) !== (type === "first")) {
    throw unknown(`of type ${typeCode}, epoch ${epoch}`);
  }
  const kemPublicKey = reader.bytes(KEM_PUBLIC_BYTES);
  const signingPublicKey = reader.bytes(SIGNING_PUBLIC_BYTES);
  const prevHash = type === "first" ? readZeros(reader, HASH_BYTES) : reader.bytes(HASH_BYTES);
  const time = reader.safeU64();
  const inviteTag = type === "rotate" ? readZeros(reader, TAG_BYTES) : reader.bytes(TAG_BYTES);
  reader.bytes(SIGNATURE_BYTES);
  const authorization = readAuthorization(reader, type);
  reader.end();
  return {
    ...{ user, epoch, type, kemPublicKey, kemKeyId: kemKeyId(kemPublicKey), signingPublicKey },
    ...{ fingerprint: fingerprintOf(signingPublicKey), prevHash, time, inviteTag, authorization },
    hash: sha256(bytes),
    bytes: bytes.slice(),
  };
}

/**
 * Reads a record and checks that it is of the expected user and signed by its own key. Whether that
 * key is the one seen before, or follows from it, is for the caller's pins, the log,
 * {@linkcode verifySuccession} and {@linkcode verifyReset} to say.
 *
 * @throws {FormatError}
 * @throws {TrustError} `identity_user`, `identity_signature`
 */
export async function verifyIdentity(bytes: Bytes, expectedUser: string): Promise<IdentityRecord> {
  const record = parseIdentity(bytes);
  if (record.user !== expectedUser) {
    throw new TrustError(
      "identity_user",
      `The server gave keys of another user for ${expectedUser}.`,
      { hint: FORGED },
    );
  }
  const unsigned = unsignedLength(record);
  const valid = await verifySignature(record.signingPublicKey, {
    purpose: "identity",
    message: record.bytes.slice(0, unsigned),
    signature: record.bytes.slice(unsigned, unsigned + SIGNATURE_BYTES),
  });
  if (!valid) {
    throw new TrustError(
      "identity_signature",
      `The server gave keys of ${expectedUser} that their owner has not signed.`,
      { hint: FORGED },
    );
  }
  return record;
}

/**
 * Checks that `next`, a verified record, is the successor of `previous`, which the old keys signed.
 *
 * @throws {TrustError} `identity_chain`
 */
export async function verifySuccession(
  previous: IdentityRecord,
  next: IdentityRecord,
): Promise<void> {
  const valid = next.type === "rotate" && follows(previous, next) &&
    await verifySignature(previous.signingPublicKey, {
      purpose: "identity-authorization",
      message: next.bytes.slice(0, unsignedLength(next) + SIGNATURE_BYTES),
      signature: next.authorization,
    });
  if (!valid) {
    throw new TrustError(
      "identity_chain",
      `The new keys of ${next.user} do not follow from the earlier ones.`,
      { hint: "Do not use them: ask that user, not by mail, and compare fingerprints." },
    );
  }
}

/**
 * Checks that `next`, a verified record, begins its name anew as its grant allows. Whether the
 * owner of the key may grant that is for the caller to say.
 *
 * @param grantKey The signing key that the grant must be of: see `verifyInviteGrant`.
 * @param previous The name's record before, where it is at hand: then it must be the one replaced.
 * @throws {TrustError} `identity_chain`, `invite_grant`
 */
export async function verifyReset(
  next: IdentityRecord,
  { grantKey, previous }: { grantKey: Bytes; previous?: IdentityRecord },
): Promise<void> {
  if (next.type !== "reset" || (previous !== undefined && !follows(previous, next))) {
    throw new TrustError(
      "identity_chain",
      `The new keys of ${next.user} are not a reset of the earlier ones.`,
      { hint: "Do not use them: ask the administrator what happened to this account." },
    );
  }
  const grant = grantOf(next);
  const fits = grant.user === next.user && grant.epoch === next.epoch &&
    equalBytes(grant.prevHash, next.prevHash);
  if (!fits) throw foreignGrant(next.user);
  await verifyInviteGrant(grant, grantKey);
}

/** The grant inside of a reset record: for `by` and the token's hash. */
export function grantOf(record: IdentityRecord): InviteGrant {
  if (record.type !== "reset") throw new RangeError("grantOf: only a reset has a grant");
  return parseInviteGrant(record.authorization);
}

/**
 * Whether a record was made with the invite that has this key.
 *
 * @param bindKey `inviteBindKey` of the invite's secret, 32 bytes.
 */
export function identityUsesInvite(record: IdentityRecord, bindKey: Bytes): boolean {
  const untagged = record.bytes.slice(0, unsignedLength(record) - TAG_BYTES);
  return equalBytes(record.inviteTag, hmacSha256(bindKey, untagged));
}

function follows(previous: IdentityRecord, next: IdentityRecord): boolean {
  return next.user === previous.user && next.epoch === previous.epoch + 1 &&
    equalBytes(next.prevHash, previous.hash);
}

/** Length of what the record's own signature covers, in bytes. */
function unsignedLength({ user }: IdentityRecord): number {
  return 1 + 1 + user.length + 4 + 1 + KEM_PUBLIC_BYTES + SIGNING_PUBLIC_BYTES + HASH_BYTES + 8 +
    TAG_BYTES;
}

function readAuthorization(reader: ByteReader, type: IdentityType): Bytes {
  if (type === "first") return EMPTY;
  if (type === "rotate") return reader.bytes(SIGNATURE_BYTES);
  const grant = reader.bytes(reader.u16());
  parseInviteGrant(grant);
  return grant;
}

function readZeros(reader: ByteReader, length: number): Bytes {
  reader.zeros(length);
  return new Uint8Array(length);
}

function unknown(which: string): FormatError {
  return new FormatError(`Identity records ${which} are not known.`, {
    hint: "A newer release of mailsec may be needed.",
  });
}

function foreignGrant(user: string): TrustError {
  return new TrustError(
    "invite_grant",
    `The permission for ${user} to join is for something else.`,
    {
      hint: "Do not go on: ask the administrator for a new invite.",
    },
  );
}
