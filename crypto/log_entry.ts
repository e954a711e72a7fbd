/**
 * Entries of the key log: what happened to whose keys and account, one leaf of the tree each.
 *
 * Layout: `u8 1 ‖ u64 seq ‖ u64 time ‖ u8 type ‖ lp8(user) ‖ SHA-256(record)`; seq counts from 0
 * and is the leaf's index, time in ms since the Unix epoch. `user` is whom the entry is about. The
 * record is what `type` says: an identity record, a vouch, or an administrative act.
 *
 * An act: `u8 1 ‖ u8 type ‖ lp8(user) ‖ lp8(by) ‖ u64 time`; `by` is the administrator, empty for
 * who works at the server's machine. It has no signature of its own: the signed head of the log is
 * the server's word for it.
 *
 * Bytes: docs/protocol.md, 13.1 and 13.2.
 */

import { ByteReader, type Bytes, ByteWriter, utf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha256 } from "./kdf.ts";
import { MAX_USER_NAME_BYTES, readActor, readUserName } from "./names.ts";

const ENTRY_VERSION = 1;
const ACT_VERSION = 1;
const HASH_BYTES = 32;

/** Greatest entry, in bytes. */
const MAX_LOG_ENTRY_BYTES = 1 + 8 + 8 + 1 + 1 + MAX_USER_NAME_BYTES + HASH_BYTES;
/** Greatest administrative act, in bytes. */
const MAX_ADMIN_ACT_BYTES = 1 + 1 + 2 * (1 + MAX_USER_NAME_BYTES) + 8;

/** New keys of a user, by how they came; the record is the identity record. */
export type IdentityEntryType = "first" | "rotate" | "reset";

/** What an administrator did; the record is the {@linkcode AdminAct}. */
export type AdminActType =
  | "disabled"
  | "enabled"
  | "removed"
  | "admin_granted"
  | "admin_revoked"
  | "account_reset";

/** What an entry is about. The record of a `vouch` is the vouch for the user's keys. */
export type LogEntryType = IdentityEntryType | "vouch" | AdminActType;

const ACT_CODES: Readonly<Record<AdminActType, number>> = {
  disabled: 16,
  enabled: 17,
  removed: 18,
  admin_granted: 19,
  admin_revoked: 20,
  account_reset: 21,
};

const ENTRY_CODES: Readonly<Record<LogEntryType, number>> = {
  first: 1,
  rotate: 2,
  reset: 3,
  vouch: 5,
  ...ACT_CODES,
};

const ACT_TYPES = byCode(ACT_CODES);
const ENTRY_TYPES = byCode(ENTRY_CODES);

/** One entry of the log. */
export interface LogEntry {
  /** Its index in the log, from 0. */
  readonly seq: number;
  /** When the server appended it, ms since the epoch. */
  readonly time: number;
  readonly type: LogEntryType;
  /** Whom it is about. */
  readonly user: string;
  /** SHA-256 of the record, 32 bytes. */
  readonly recordHash: Bytes;
}

/** What an administrator did to an account: the record of such an entry. */
export interface AdminAct {
  readonly type: AdminActType;
  readonly user: string;
  /** The administrator; empty: whoever works at the server's machine. */
  readonly by: string;
  /** ms since the epoch. */
  readonly time: number;
}

/** Whether an entry brings new keys of its user. */
export function isIdentityEntry(
  entry: LogEntry,
): entry is LogEntry & { readonly type: IdentityEntryType } {
  return entry.type === "first" || entry.type === "rotate" || entry.type === "reset";
}

/** Whether an entry is an administrative act. */
export function isActEntry(entry: LogEntry): entry is LogEntry & { readonly type: AdminActType } {
  return entry.type in ACT_CODES;
}

/** The leaf of an entry: what is hashed with `leafHash` of merkle.ts. */
export function encodeLogEntry(entry: LogEntry): Bytes {
  if (entry.recordHash.length !== HASH_BYTES) throw new RangeError("encodeLogEntry: hash length");
  return new ByteWriter(MAX_LOG_ENTRY_BYTES)
    .u8(ENTRY_VERSION)
    .u64(entry.seq)
    .u64(entry.time)
    .u8(ENTRY_CODES[entry.type])
    .lp8(utf8(entry.user))
    .bytes(entry.recordHash)
    .finish();
}

/**
 * Reads a leaf.
 *
 * @throws {FormatError}
 */
export function parseLogEntry(bytes: Bytes): LogEntry {
  const reader = new ByteReader(bytes, "entry of the key log");
  readVersion(reader, ENTRY_VERSION, "Entries of the key log");
  const entry = {
    seq: reader.safeU64(),
    time: reader.safeU64(),
    type: readType(reader, ENTRY_TYPES, "Entries of the key log"),
    user: readUserName(reader, "entry of the key log"),
    recordHash: reader.bytes(HASH_BYTES),
  };
  reader.end();
  return entry;
}

/** The record of an administrative act. */
export function encodeAdminAct({ type, user, by, time }: AdminAct): Bytes {
  return new ByteWriter(MAX_ADMIN_ACT_BYTES)
    .u8(ACT_VERSION).u8(ACT_CODES[type]).lp8(utf8(user)).lp8(utf8(by)).u64(time).finish();
}

/**
 * Reads the record of an administrative act.
 *
 * @throws {FormatError}
 */
export function parseAdminAct(bytes: Bytes): AdminAct {
  const reader = new ByteReader(bytes, "administrative act");
  readVersion(reader, ACT_VERSION, "Administrative acts");
  const act = {
    type: readType(reader, ACT_TYPES, "Administrative acts"),
    user: readUserName(reader, "administrative act"),
    by: readActor(reader, "administrative act"),
    time: reader.safeU64(),
  };
  reader.end();
  return act;
}

/** SHA-256 of a record as it stands in its entry, 32 bytes. */
export function recordHashOf(record: Uint8Array): Bytes {
  return sha256(record);
}

function readVersion(reader: ByteReader, known: number, what: string): void {
  const version = reader.u8();
  if (version !== known) throw unknown(`${what} of version ${version} are not known.`);
}

function readType<T>(reader: ByteReader, types: ReadonlyMap<number, T>, what: string): T {
  const code = reader.u8();
  const type = types.get(code);
  if (type === undefined) throw unknown(`${what} of type ${code} are not known.`);
  return type;
}

function unknown(message: string): FormatError {
  return new FormatError(message, { hint: "A newer release of mailsec may be needed." });
}

function byCode<T extends string>(codes: Readonly<Record<T, number>>): ReadonlyMap<number, T> {
  return new Map(Object.entries<number>(codes).map(([type, code]) => [code, type as T]));
}
