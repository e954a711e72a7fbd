/**
 * The profile of an account: what the server knows of a user besides login, bundle and keys.
 *
 * Strict CBOR: a map of
 *
 *     user       the name
 *     created    when the account was made, ms since the epoch
 *     joined     first login, ms since the epoch; null before it
 *     role       "member" or "admin"
 *     recovery   SHA-256 of what a recovery code proves itself with (32), or null
 *     grant      the invite grant that a registration waits for, or null
 *     enrolment  null, or {wrap(72), expires}: the bundle key for a device that is being added, until
 *                then (ms since the epoch)
 *
 * The last four are not in profiles of before they existed: a member without any of these.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { type CborMap, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { CborFields } from "../../crypto/cbor_fields.ts";
import { FormatError } from "../../crypto/errors.ts";
import { MAX_INVITE_GRANT_BYTES, type UserRole } from "../../crypto/invite_grant.ts";

const HASH_BYTES = 32;
/** The bundle key sealed for one slot: nonce, key, tag. */
export const ENROLMENT_WRAP_BYTES = 72;
const LONGEST_ROLE_BYTES = 8;

/** The slot of a device that is being added. */
export interface Enrolment {
  /** 72 bytes. */
  readonly wrap: Bytes;
  /** ms since the epoch. */
  readonly expires: number;
}

/** See the head of this file. */
export interface Profile {
  readonly user: string;
  readonly created: number;
  readonly joined: number | null;
  readonly role: UserRole;
  readonly recovery: Bytes | null;
  readonly grant: Bytes | null;
  readonly enrolment: Enrolment | null;
}

/** The profile of an account that nobody has joined yet. */
export function newProfile(user: string, created: number): Profile {
  return { user, created, joined: null, role: "member", ...NOTHING };
}

const NOTHING = { recovery: null, grant: null, enrolment: null } as const;

export function encodeProfile(profile: Profile): Bytes {
  const { user, created, joined, role, recovery, grant, enrolment } = profile;
  const map: CborMap = new Map();
  map.set("user", user);
  map.set("created", created);
  map.set("joined", joined);
  map.set("role", role);
  map.set("recovery", recovery);
  map.set("grant", grant);
  map.set(
    "enrolment",
    enrolment &&
      new Map<string, Bytes | number>([["wrap", enrolment.wrap], ["expires", enrolment.expires]]),
  );
  return encodeCbor(map);
}

/**
 * Reads a profile.
 *
 * @throws {FormatError}
 */
export function decodeProfile(bytes: Bytes): Profile {
  const fields = new CborFields(decodeCbor(bytes, "profile"), "profile");
  const known = {
    user: fields.userName("user"),
    created: fields.uint("created"),
    joined: fields.takeNull("joined") ? null : fields.uint("joined"),
  };
  const profile: Profile = fields.has("role")
    ? { ...known, ...readAdded(fields) }
    : { ...known, role: "member", ...NOTHING };
  fields.end();
  return profile;
}

function readAdded(fields: CborFields): Omit<Profile, "user" | "created" | "joined"> {
  return {
    role: readRole(fields),
    recovery: fields.takeNull("recovery") ? null : fields.bytes("recovery", HASH_BYTES),
    grant: fields.takeNull("grant") ? null : fields.bytesUpTo("grant", MAX_INVITE_GRANT_BYTES),
    enrolment: fields.takeNull("enrolment") ? null : readEnrolment(fields.fields("enrolment")),
  };
}

function readRole(fields: CborFields): UserRole {
  const role = fields.text("role", LONGEST_ROLE_BYTES);
  if (role === "member" || role === "admin") return role;
  throw new FormatError(`The profile has an unknown role "${role}".`);
}

function readEnrolment(fields: CborFields): Enrolment {
  const enrolment = {
    wrap: fields.bytes("wrap", ENROLMENT_WRAP_BYTES),
    expires: fields.uint("expires"),
  };
  fields.end();
  return enrolment;
}
