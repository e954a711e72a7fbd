/**
 * Identity records: which keys a user has, signed with them.
 *
 * Layout: `u8 1 ‖ lp8(user) ‖ u32 epoch ‖ u8 type ‖ KEM key(1582) ‖ signing key(1984) ‖
 * prevHash(32) ‖ u64 time ‖ inviteTag(32) ‖ selfSig(3373)`; time in ms since the Unix epoch.
 * `selfSig = Sign("identity", all before)` by the signing key in the record.
 *
 * This release makes and reads type 1, a user's first record: epoch 1, prevHash zeros. Types 2
 * (rotate), 3 (reset) and 4 (revoke) are taken; records of the first two go on after selfSig with an
 * authorization by another key.
 */

import { ByteReader, type Bytes, ByteWriter, concat, equalBytes, fromUtf8, utf8 } from "./bytes.ts";
import { KEM_PUBLIC_BYTES, kemKeyId } from "./composite_kem.ts";
import { FormatError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { inviteBindKey } from "./invite.ts";
import { hmacSha256 } from "./kdf.ts";
import { isUserName } from "./names.ts";
import { SIGNATURE_BYTES, type Signer, SIGNING_PUBLIC_BYTES, verifySignature } from "./sign.ts";
import { TrustError } from "./trust_error.ts";

const RECORD_VERSION = 1;
const TYPE_FIRST = 1;
const FIRST_EPOCH = 1;
const HASH_BYTES = 32;
const TAG_BYTES = 32;

/** An identity record as read. */
export interface IdentityRecord {
  readonly user: string;
  /** Number of this record among the user's, from 1. */
  readonly epoch: number;
  /** 1582 bytes. */
  readonly kemPublicKey: Bytes;
  /** 8 bytes. */
  readonly kemKeyId: Bytes;
  /** 1984 bytes. */
  readonly signingPublicKey: Bytes;
  /** Of the signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  /** When it was made, ms since the epoch, by the user's clock. */
  readonly time: number;
  /**
   * `HMAC-SHA-256(HKDF(invite secret, "bind"), record up to the tag)`, for an inviting user's client
   * to check; zeros without an invite.
   */
  readonly inviteTag: Bytes;
  /** The whole record, as received. */
  readonly bytes: Bytes;
}

/** Makes and signs a user's first record. */
export async function makeFirstIdentity(
  { user, kemPublicKey, signer, time, inviteSecret }: {
    user: string;
    kemPublicKey: Bytes;
    signer: Signer;
    /** ms since the epoch. */
    time: number;
    /** Of the invite that is used, 16 bytes; null without one. */
    inviteSecret: Bytes | null;
  },
): Promise<IdentityRecord> {
  const untagged = new ByteWriter(4096)
    .u8(RECORD_VERSION)
    .lp8(utf8(user))
    .u32(FIRST_EPOCH)
    .u8(TYPE_FIRST)
    .bytes(kemPublicKey)
    .bytes(signer.publicKey)
    .zeros(HASH_BYTES)
    .u64(time)
    .finish();
  const tag = inviteSecret === null
    ? new Uint8Array(TAG_BYTES)
    : hmacSha256(inviteBindKey(inviteSecret), untagged);
  const signed = concat(untagged, tag);
  return parseIdentity(concat(signed, await signer.sign("identity", signed)));
}

/**
 * Reads a record. Only its form is checked: {@linkcode verifyIdentity} decides whether it is valid.
 *
 * @throws {FormatError}
 */
export function parseIdentity(bytes: Bytes): IdentityRecord {
  const reader = new ByteReader(bytes, "identity record");
  const version = reader.u8();
  if (version !== RECORD_VERSION) {
    throw new FormatError(`Identity records of version ${version} are not known.`);
  }
  const user = fromUtf8(reader.lp8());
  if (!isUserName(user)) throw new FormatError("The identity record has an invalid user name.");
  const epoch = reader.u32();
  const type = reader.u8();
  if (type !== TYPE_FIRST || epoch !== FIRST_EPOCH) {
    throw new FormatError(`Identity records of type ${type}, epoch ${epoch} are not known.`, {
      hint: "A newer release of mailsec may be needed.",
    });
  }
  const kemPublicKey = reader.bytes(KEM_PUBLIC_BYTES);
  const signingPublicKey = reader.bytes(SIGNING_PUBLIC_BYTES);
  reader.zeros(HASH_BYTES);
  const time = reader.safeU64();
  const inviteTag = reader.bytes(TAG_BYTES);
  reader.bytes(SIGNATURE_BYTES);
  reader.end();
  return {
    user,
    epoch,
    kemPublicKey,
    kemKeyId: kemKeyId(kemPublicKey),
    signingPublicKey,
    fingerprint: fingerprintOf(signingPublicKey),
    time,
    inviteTag,
    bytes: bytes.slice(),
  };
}

/**
 * Reads a record and checks that it is of the expected user and signed by its own key. Whether that
 * key is the one seen before is for the caller's pins to say.
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
    );
  }
  const signedLength = record.bytes.length - SIGNATURE_BYTES;
  const valid = await verifySignature(record.signingPublicKey, {
    purpose: "identity",
    message: record.bytes.slice(0, signedLength),
    signature: record.bytes.slice(signedLength),
  });
  if (!valid) {
    throw new TrustError("identity_signature", `The keys of ${expectedUser} are not signed by it.`);
  }
  return record;
}

/** Whether a record was made with this invite secret (16 bytes). */
export function identityUsesInvite(record: IdentityRecord, inviteSecret: Bytes): boolean {
  const untagged = record.bytes.slice(0, record.bytes.length - SIGNATURE_BYTES - TAG_BYTES);
  return equalBytes(record.inviteTag, hmacSha256(inviteBindKey(inviteSecret), untagged));
}
