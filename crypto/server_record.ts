/**
 * The server record: who a server is, signed by its root key. Fetched in clear.
 *
 * Layout: `u8 1 ‖ realm(32) ‖ u32 seq ‖ u64 notBefore ‖ u64 notAfter ‖ u8 minVersion ‖
 * u8 maxVersion ‖ signing key(1984) ‖ KEM key(1582) ‖ Sign("server-record", all before)(3373)`;
 * times in ms since the Unix epoch.
 *
 * The signed range of versions is the downgrade protection: there is no other negotiation.
 *
 * Bytes: docs/protocol.md, 3.1 and 3.2.
 */

import { ByteReader, type Bytes, ByteWriter, concat, equalBytes } from "./bytes.ts";
import { KEM_PUBLIC_BYTES } from "./composite_kem.ts";
import { FormatError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { SIGNATURE_BYTES, type Signer, SIGNING_PUBLIC_BYTES, verifySignature } from "./sign.ts";
import { TrustError } from "./trust_error.ts";

const RECORD_VERSION = 1;
const REALM_BYTES = 32;
const SIGNED_BYTES = 1 + REALM_BYTES + 4 + 8 + 8 + 1 + 1 + SIGNING_PUBLIC_BYTES + KEM_PUBLIC_BYTES;

/** A server record, in bytes. */
export const SERVER_RECORD_BYTES = SIGNED_BYTES + SIGNATURE_BYTES;

/** The protocol version that this release speaks. */
export const PROTOCOL_VERSION = 1;

/** How far behind the client's clock may be before a record counts as not valid yet. */
const CLOCK_BEHIND_MS = 24 * 60 * 60_000;

/** A server record as read. */
export interface ServerRecord {
  /** Name of the installation for ever: fingerprint of its root key at birth, 32 bytes. */
  readonly realm: Bytes;
  /** Grows with every new record of this server. */
  readonly seq: number;
  /** ms since the epoch. */
  readonly notBefore: number;
  /** ms since the epoch. */
  readonly notAfter: number;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Root signing key, 1984 bytes. */
  readonly signingKey: Bytes;
  /** KEM public key, 1582 bytes. */
  readonly kemKey: Bytes;
  /** The whole record, as received. */
  readonly bytes: Bytes;
}

/** What a client remembers of a server. */
export interface PinnedServer {
  readonly realm: Bytes;
  /** Fingerprint of the root key, 32 bytes. */
  readonly rootFingerprint: Bytes;
  /** Highest seq seen. */
  readonly seq: number;
}

/** Makes and signs a record. The realm is the fingerprint of the signer's key. */
export async function makeServerRecord(
  { signer, kemPublicKey, seq, notBefore, notAfter }: {
    signer: Signer;
    kemPublicKey: Bytes;
    seq: number;
    /** ms since the epoch. */
    notBefore: number;
    /** ms since the epoch. */
    notAfter: number;
  },
): Promise<ServerRecord> {
  const signed = new ByteWriter(SIGNED_BYTES)
    .u8(RECORD_VERSION)
    .bytes(fingerprintOf(signer.publicKey))
    .u32(seq)
    .u64(notBefore)
    .u64(notAfter)
    .u8(PROTOCOL_VERSION)
    .u8(PROTOCOL_VERSION)
    .bytes(signer.publicKey)
    .bytes(kemPublicKey)
    .finish();
  return parseServerRecord(concat(signed, await signer.sign("server-record", signed)));
}

/**
 * Reads a record. Only its form is checked: {@linkcode verifyServerRecord} decides about trust.
 *
 * @throws {FormatError}
 */
export function parseServerRecord(bytes: Bytes): ServerRecord {
  const reader = new ByteReader(bytes, "server record");
  const version = reader.u8();
  if (version !== RECORD_VERSION) {
    throw new FormatError(`Server records of version ${version} are not known.`);
  }
  const record = {
    realm: reader.bytes(REALM_BYTES),
    seq: reader.u32(),
    notBefore: reader.safeU64(),
    notAfter: reader.safeU64(),
    minVersion: reader.u8(),
    maxVersion: reader.u8(),
    signingKey: reader.bytes(SIGNING_PUBLIC_BYTES),
    kemKey: reader.bytes(KEM_PUBLIC_BYTES),
  };
  reader.bytes(SIGNATURE_BYTES);
  reader.end();
  return { ...record, bytes: bytes.slice() };
}

/**
 * Decides whether a record can be trusted: signed by the key in it, by the pinned server when there
 * is a pin, not older than the pinned one, valid now, and for this version of the protocol. Whether
 * an unpinned server is the right one is for the invite or the user to say.
 *
 * @throws {TrustError} `record_signature`, `server_changed`, `record_realm`, `record_rollback`,
 *   `record_expired`, `record_version`
 */
export async function verifyServerRecord(
  record: ServerRecord,
  { now, pinned }: {
    /** ms since the epoch. */
    now: number;
    pinned?: PinnedServer;
  },
): Promise<void> {
  const message = record.bytes.slice(0, SIGNED_BYTES);
  const signature = record.bytes.slice(SIGNED_BYTES);
  if (!await verifySignature(record.signingKey, { purpose: "server-record", message, signature })) {
    throw new TrustError("record_signature", "The signature of the server's record is not valid.", {
      hint: "It was changed on the way, or the server is not an honest one. Nothing was sent to " +
        "it: try from another network, and ask its administrator.",
    });
  }
  const fingerprint = fingerprintOf(record.signingKey);
  if (pinned !== undefined) verifyPin(record, fingerprint, pinned);
  // Root keys do not rotate in this version, so a realm that is not the key's own is borrowed.
  if (!equalBytes(record.realm, fingerprint)) {
    throw new TrustError("record_realm", "The server claims the identity of another server.", {
      hint: "Do not trust it: nothing was sent to it. Ask its administrator.",
    });
  }
  verifyValidity(record, now);
}

function verifyPin(record: ServerRecord, fingerprint: Bytes, pinned: PinnedServer): void {
  const same = equalBytes(fingerprint, pinned.rootFingerprint) &&
    equalBytes(record.realm, pinned.realm);
  if (!same) {
    throw new TrustError("server_changed", "The server is not the one this client knows.", {
      hint: "Somebody may be posing as the server, or it was set up anew: ask its administrator, " +
        "and compare fingerprints, before you trust it.",
    });
  }
  if (record.seq < pinned.seq) {
    throw new TrustError("record_rollback", "The server's record is older than one seen before.", {
      hint: "The server may have been restored from a backup: ask its administrator.",
    });
  }
}

function verifyValidity(record: ServerRecord, now: number): void {
  if (now > record.notAfter || now < record.notBefore - CLOCK_BEHIND_MS) {
    throw new TrustError("record_expired", "The server's record is not valid at this time.", {
      hint: "Check the clock of this machine; if it is right, the server must renew its record.",
    });
  }
  if (PROTOCOL_VERSION < record.minVersion || PROTOCOL_VERSION > record.maxVersion) {
    throw new TrustError(
      "record_version",
      `The server speaks versions ${record.minVersion} to ${record.maxVersion} of the protocol, ` +
        `this program speaks version ${PROTOCOL_VERSION}.`,
      { hint: "Update the older of the two." },
    );
  }
}
