/**
 * The keys that a user believes to be a contact's, in the account state. A pin is one byte string
 * there, since an account may have 10,000 of them: `fingerprint(32) ‖ kemKeyId(8) ‖ u32 epoch ‖
 * lp8(recordHash: 0 or 32) ‖ u64 firstSeen ‖ u8 trust`, time in ms since the Unix epoch. In states of
 * version 1 it was a map `{fp, kemKeyId, epoch, firstSeen, accepted}`.
 *
 * Bytes: docs/protocol.md, 9.3.
 */

import { ByteReader, type Bytes, ByteWriter, EMPTY } from "./bytes.ts";
import type { CborFields } from "./cbor_fields.ts";
import { KEM_KEY_ID_BYTES } from "./composite_kem.ts";
import { FormatError } from "./errors.ts";

const HASH_BYTES = 32;

/**
 * Why the pinned keys are believed: they were the first ones seen or were accepted after a change,
 * their fingerprint was compared with their owner's, or the invite named them as the inviter's.
 */
export type PinTrust = "seen" | "compared" | "invite";

const TRUST_NUMBERS: Readonly<Record<PinTrust, number>> = { seen: 1, compared: 2, invite: 3 };
const TRUSTS: ReadonlyMap<number, PinTrust> = new Map(
  Object.entries(TRUST_NUMBERS).map(([trust, number]) => [number, trust as PinTrust]),
);
/** Greatest length of an encoded pin. */
const PIN_BYTES = HASH_BYTES + KEM_KEY_ID_BYTES + 4 + 1 + HASH_BYTES + 8 + 1;

/** The keys of a contact as they were first seen, or last accepted. */
export interface ContactPin {
  /** Of the signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  /** 8 bytes. */
  readonly kemKeyId: Bytes;
  readonly epoch: number;
  /** SHA-256 of the identity record, 32 bytes; null in a pin of before there was a key log. */
  readonly recordHash: Bytes | null;
  /** ms since the epoch. */
  readonly firstSeen: number;
  readonly trust: PinTrust;
}

/** A pin as the account state has it. */
export function encodePin(pin: ContactPin): Bytes {
  return new ByteWriter(PIN_BYTES)
    .bytes(pin.fingerprint)
    .bytes(pin.kemKeyId)
    .u32(pin.epoch)
    .lp8(pin.recordHash ?? EMPTY)
    .u64(pin.firstSeen)
    .u8(TRUST_NUMBERS[pin.trust])
    .finish();
}

/** Reads the pin under the name `user`. @throws {FormatError} */
export function readPin(pins: CborFields, user: string): ContactPin {
  const reader = new ByteReader(pins.bytesUpTo(user, PIN_BYTES), "pin of a contact");
  const fingerprint = reader.bytes(HASH_BYTES);
  const kemKeyId = reader.bytes(KEM_KEY_ID_BYTES);
  const epoch = reader.u32();
  const recordHash = reader.lp8();
  const firstSeen = reader.safeU64();
  const trust = TRUSTS.get(reader.u8());
  reader.end();
  if (trust === undefined || ![0, HASH_BYTES].includes(recordHash.length)) {
    throw new FormatError("The account state has a pin that cannot be.");
  }
  const hash = recordHash.length === 0 ? null : recordHash;
  return { fingerprint, kemKeyId, epoch, recordHash: hash, firstSeen, trust };
}

/** Reads a pin of version 1. Whether its keys were accepted says less than that they were compared. */
export function readFirstPin(pins: CborFields, user: string): ContactPin {
  const fields = pins.fields(user);
  const pin = {
    fingerprint: fields.bytes("fp", HASH_BYTES),
    kemKeyId: fields.bytes("kemKeyId", KEM_KEY_ID_BYTES),
    epoch: fields.uint("epoch"),
    firstSeen: fields.uint("firstSeen"),
  };
  fields.flag("accepted");
  fields.end();
  return { ...pin, recordHash: null, trust: "seen" };
}
