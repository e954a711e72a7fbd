/**
 * The account state: what a user's devices share and what changes often, sealed by them and kept
 * by the server, replaced by compare-and-set on a revision.
 *
 * Wire: `XChaCha20-Poly1305(HKDF(BK, "state"), padded, aad = "mailsec/1 state\0" ‖ realm(32) ‖
 * u32 revision ‖ user)`, padded = `u32 length ‖ CBOR ‖ zeros` to a multiple of 1024. The revision
 * is the one under which the server will keep these very bytes, so that it cannot pass an older
 * state off as a newer one. The CBOR is a map:
 * `{v: 3, pins: {user: pin}, log: null or {size, root(32), note}, invites: {user: {bind(32), time}},
 * identity: null or hash(32), sent: {user: n}, seen: {user: [first, last, …]}, folders: {id: name},
 * settings: {name: text}}`; times in ms since the Unix epoch; pins as in contact_pin.ts. Version 2,
 * which is still read, has no folders; version 1 has no log, invites and identity either.
 *
 * Bytes: docs/protocol.md, 9.3.
 */

import { xchachaOpen, xchachaSeal } from "./aead.ts";
import { type Bytes, ByteWriter, utf8, wipe } from "./bytes.ts";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { CborFields } from "./cbor_fields.ts";
import { type ContactPin, encodePin, readFirstPin, readPin } from "./contact_pin.ts";
import { areCounterRanges, type CounterRanges, MAX_COUNTER_RANGES } from "./counters.ts";
import { FormatError } from "./errors.ts";
import { type BundleOwner, stateKey } from "./key_bundle.ts";
import { ACCOUNT_STATE, labelled } from "./labels.ts";
import { padBlob, unpadBlob } from "./padding.ts";

const VERSION = 3;
const VERSION_WITHOUT_FOLDERS = 2;
const VERSION_WITHOUT_LOG = 1;
const PADDING_STEP_BYTES = 1024;
const HASH_BYTES = 32;
/** A bound for the parser; the limit that is met first is protocol's MAX_SEALED_STATE_BYTES. */
const MAX_CONTACTS = 20_000;
const MAX_INVITES = 1000;
const MAX_NOTE_BYTES = 8192;
/** Greatest number of folders that a user has made. */
export const MAX_FOLDERS = 500;
const MAX_FOLDER_ID_BYTES = 32;
/** Greatest name of a folder, in bytes of UTF-8. */
export const MAX_FOLDER_NAME_BYTES = 400;
const MAX_SETTINGS = 200;
const MAX_SETTING_NAME_BYTES = 64;
const MAX_SETTING_BYTES = 4096;

/** The newest head of the key log that any device of the user has accepted. */
export interface KnownLogHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Bytes;
  /** The signed note. */
  readonly note: string;
}

/** An invite that this user has made and that nobody has used yet. */
export interface SentInvite {
  /** What the identity record of whoever uses it is bound with (`inviteBindKey`), 32 bytes. */
  readonly bindKey: Bytes;
  /** When it was made, ms since the epoch. */
  readonly time: number;
}

/** What the devices of a user share. */
export interface AccountState {
  /** By user name. */
  readonly pins: ReadonlyMap<string, ContactPin>;
  readonly log: KnownLogHead | null;
  /** By the name of who was invited. */
  readonly invites: ReadonlyMap<string, SentInvite>;
  /** SHA-256 of the user's own newest identity record, 32 bytes. */
  readonly identity: Bytes | null;
  readonly counters: {
    /** The counter of the last mail sent to each user. */
    readonly sent: ReadonlyMap<string, number>;
    /** The counters seen of each sender. */
    readonly seen: ReadonlyMap<string, CounterRanges>;
  };
  /** Names of the folders that the user has made, by their ids. */
  readonly folders: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
}

/** Under which revision the server keeps the state that comes with a registration. */
export const FIRST_STATE_REVISION = 1;

/** Whose state it is, and how often it was replaced (u32, from 1). */
export interface StatePlace extends BundleOwner {
  readonly revision: number;
}

/** The state of a new account. */
export const EMPTY_ACCOUNT_STATE: AccountState = {
  pins: new Map(),
  log: null,
  invites: new Map(),
  identity: null,
  counters: { sent: new Map(), seen: new Map() },
  folders: new Map(),
  settings: new Map(),
};

/** Seals the state for its owner and for the one revision that is to be stored. */
export function sealState(bundleKey: Bytes, place: StatePlace, state: AccountState): Bytes {
  const key = stateKey(bundleKey);
  const padded = padBlob(encodeState(state), PADDING_STEP_BYTES);
  const sealed = xchachaSeal(key, padded, associatedData(place));
  wipe(key, padded);
  return sealed;
}

/**
 * Opens what {@linkcode sealState} made.
 *
 * @throws {DecryptionError} under another key, for another owner or revision, or when
 *   it was changed.
 * @throws {FormatError} when a newer release wrote it.
 */
export function openState(bundleKey: Bytes, place: StatePlace, sealed: Bytes): AccountState {
  const key = stateKey(bundleKey);
  const padded = xchachaOpen(key, sealed, associatedData(place));
  wipe(key);
  return decodeState(unpadBlob(padded, PADDING_STEP_BYTES, "account state"));
}

function associatedData({ realm, revision, user }: StatePlace): Bytes {
  const place = new ByteWriter().bytes(realm).u32(revision).bytes(utf8(user));
  return labelled(ACCOUNT_STATE, place.finish());
}

function encodeState(state: AccountState): Bytes {
  const { pins, log, invites, identity, counters, folders, settings } = state;
  const pinned = [...pins].map(([user, pin]): [string, CborValue] => [user, encodePin(pin)]);
  const invited = [...invites].map(([user, { bindKey, time }]): [string, CborValue] => [
    user,
    new Map<string, CborValue>([["bind", bindKey], ["time", time]]),
  ]);
  const head = log === null
    ? null
    : new Map<string, CborValue>([["size", log.size], ["root", log.root], ["note", log.note]]);
  const seen = [...counters.seen].map(([user, ranges]): [string, CborValue] => [user, [...ranges]]);
  return encodeCbor(
    new Map<string, CborValue>([
      ["v", VERSION],
      ["pins", new Map(pinned)],
      ["log", head],
      ["invites", new Map(invited)],
      ["identity", identity],
      ["sent", new Map(counters.sent)],
      ["seen", new Map(seen)],
      ["folders", new Map(folders)],
      ["settings", new Map(settings)],
    ]),
  );
}

function decodeState(bytes: Bytes): AccountState {
  const fields = new CborFields(decodeCbor(bytes, "account state"), "account state");
  const version = fields.uint("v", VERSION);
  if (version < VERSION_WITHOUT_LOG) throw new FormatError("The account state's form is unknown.");
  const old = version === VERSION_WITHOUT_LOG;
  const state = {
    pins: fields.byUser("pins", MAX_CONTACTS, old ? readFirstPin : readPin),
    log: old || fields.takeNull("log") ? null : readHead(fields.fields("log")),
    invites: old
      ? new Map<string, SentInvite>()
      : fields.byUser("invites", MAX_INVITES, readInvite),
    identity: old || fields.takeNull("identity") ? null : fields.bytes("identity", HASH_BYTES),
    counters: {
      sent: fields.byUser("sent", MAX_CONTACTS, (sent, user) => sent.uint(user)),
      seen: fields.byUser("seen", MAX_CONTACTS, readRanges),
    },
    folders: version <= VERSION_WITHOUT_FOLDERS ? new Map<string, string>() : fields.textMap(
      "folders",
      { max: MAX_FOLDERS, maxKeyBytes: MAX_FOLDER_ID_BYTES, maxBytes: MAX_FOLDER_NAME_BYTES },
    ),
    settings: fields.textMap("settings", {
      max: MAX_SETTINGS,
      maxKeyBytes: MAX_SETTING_NAME_BYTES,
      maxBytes: MAX_SETTING_BYTES,
    }),
  };
  fields.end();
  return state;
}

function readHead(fields: CborFields): KnownLogHead {
  const head = {
    size: fields.uint("size"),
    root: fields.bytes("root", HASH_BYTES),
    note: fields.text("note", MAX_NOTE_BYTES),
  };
  fields.end();
  return head;
}

function readInvite(invites: CborFields, user: string): SentInvite {
  const fields = invites.fields(user);
  const invite = { bindKey: fields.bytes("bind", HASH_BYTES), time: fields.uint("time") };
  fields.end();
  return invite;
}

function readRanges(seen: CborFields, user: string): CounterRanges {
  const ranges = seen.uints(user, 2 * MAX_COUNTER_RANGES);
  if (!areCounterRanges(ranges)) throw new FormatError("The account state's counters are wrong.");
  return ranges;
}
