/**
 * Vouches: one user's signed word that certain keys are those of another user. The client of whoever
 * invited a user gives it when the new keys carry the invite's tag.
 *
 * Layout: `u8 1 ‖ lp8(voucher) ‖ voucherFingerprint(32) ‖ lp8(user) ‖ identityHash(32) ‖ u64 time ‖
 * Sign("vouch", all before)(3373)`; the signature is by the voucher's signing key, identityHash is
 * the SHA-256 of the identity record, time in ms since the Unix epoch.
 *
 * Bytes: docs/protocol.md, 12.4.
 */

import { ByteReader, type Bytes, ByteWriter, concat, equalBytes, utf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { sha256 } from "./kdf.ts";
import { MAX_USER_NAME_BYTES, readUserName } from "./names.ts";
import { SIGNATURE_BYTES, type Signer, verifySignature } from "./sign.ts";
import { TrustError } from "./trust_error.ts";

const VOUCH_VERSION = 1;
const HASH_BYTES = 32;

/** Greatest vouch, in bytes. */
const MAX_VOUCH_BYTES = 1 + 2 * (1 + MAX_USER_NAME_BYTES + HASH_BYTES) + 8 +
  SIGNATURE_BYTES;

/** A vouch as read. */
export interface Vouch {
  /** Who gives the word. */
  readonly voucher: string;
  /** Of the voucher's signing key, 32 bytes. */
  readonly voucherFingerprint: Bytes;
  /** Whose keys they are. */
  readonly user: string;
  /** SHA-256 of the identity record with these keys, 32 bytes. */
  readonly identityHash: Bytes;
  /** When it was given, ms since the epoch, by the voucher's clock. */
  readonly time: number;
  /** SHA-256 of the whole vouch, 32 bytes: what the log has. */
  readonly hash: Bytes;
  /** The whole vouch, as received. */
  readonly bytes: Bytes;
}

/** Makes and signs a vouch. */
export async function makeVouch(
  { voucher, signer, user, identityHash, time }: {
    voucher: string;
    /** The voucher's. */
    signer: Signer;
    user: string;
    /** 32 bytes. */
    identityHash: Bytes;
    /** ms since the epoch. */
    time: number;
  },
): Promise<Vouch> {
  const signed = new ByteWriter(MAX_VOUCH_BYTES)
    .u8(VOUCH_VERSION)
    .lp8(utf8(voucher))
    .bytes(fingerprintOf(signer.publicKey))
    .lp8(utf8(user))
    .bytes(identityHash)
    .u64(time)
    .finish();
  return parseVouch(concat(signed, await signer.sign("vouch", signed)));
}

/**
 * Reads a vouch. Only its form is checked: {@linkcode verifyVouch} decides whether it is valid.
 *
 * @throws {FormatError}
 */
export function parseVouch(bytes: Bytes): Vouch {
  const reader = new ByteReader(bytes, "vouch");
  const version = reader.u8();
  if (version !== VOUCH_VERSION) {
    throw new FormatError(`Vouches of version ${version} are not known.`, {
      hint: "A newer release of mailsec may be needed.",
    });
  }
  const vouch = {
    voucher: readUserName(reader, "vouch"),
    voucherFingerprint: reader.bytes(HASH_BYTES),
    user: readUserName(reader, "vouch"),
    identityHash: reader.bytes(HASH_BYTES),
    time: reader.safeU64(),
  };
  reader.bytes(SIGNATURE_BYTES);
  reader.end();
  return { ...vouch, hash: sha256(bytes), bytes: bytes.slice() };
}

/**
 * Reads a vouch and checks that it is signed with this key. Whether the key is the voucher's, and
 * whether the voucher's word counts, is for the caller to say.
 *
 * @throws {FormatError}
 * @throws {TrustError} `vouch`
 */
export async function verifyVouch(bytes: Bytes, signingKey: Bytes): Promise<Vouch> {
  const vouch = parseVouch(bytes);
  const signedLength = vouch.bytes.length - SIGNATURE_BYTES;
  const valid = equalBytes(vouch.voucherFingerprint, fingerprintOf(signingKey)) &&
    await verifySignature(signingKey, {
      purpose: "vouch",
      message: vouch.bytes.slice(0, signedLength),
      signature: vouch.bytes.slice(signedLength),
    });
  if (!valid) {
    throw new TrustError(
      "vouch",
      `The word of ${vouch.voucher} for the keys of ${vouch.user} is not signed with ` +
        `${vouch.voucher}'s key.`,
      { hint: "It does not count. Compare fingerprints in person instead." },
    );
  }
  return vouch;
}
