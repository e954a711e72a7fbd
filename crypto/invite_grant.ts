/**
 * Invite grants: the signed word of who allowed a registration. One says who may register under
 * which name and role, as which of the name's identity records, with which invite.
 *
 * Layout: `u8 1 ‖ lp8(user) ‖ u8 wish ‖ u32 epoch ‖ prevHash(32) ‖ tokenHash(32) ‖ u64 time ‖
 * lp8(by) ‖ byFingerprint(32) ‖ Sign("invite", all before)(3373)`; time in ms since the Unix epoch.
 * `wish` is the role, 1 member or 2 admin, and 16 more when an account that exists is to go back to
 * invited, which empties its mailbox: nobody may ask for that who has a grant for less. `prevHash` is the SHA-256 of the name's last identity record, zeros
 * exactly when the epoch is 1. `by` is an administrator, who signs with her own key; empty: the
 * server, which signs with its root key.
 *
 * Bytes: docs/protocol.md, 12.3.
 */

import { ByteReader, type Bytes, ByteWriter, concat, equalBytes, utf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { MAX_USER_NAME_BYTES, readActor, readUserName } from "./names.ts";
import { SIGNATURE_BYTES, type Signer, verifySignature } from "./sign.ts";
import { TrustError } from "./trust_error.ts";

const GRANT_VERSION = 1;
const FIRST_EPOCH = 1;
const HASH_BYTES = 32;
const ROLE_MEMBER = 1;
const ROLE_ADMIN = 2;
/** Added to the role. */
const RESET = 16;

/** Greatest grant, in bytes. */
export const MAX_INVITE_GRANT_BYTES = 1 + 2 * (1 + MAX_USER_NAME_BYTES) + 1 + 4 + 3 * HASH_BYTES +
  8 + SIGNATURE_BYTES;

/** What a user may do beyond mail: an administrator invites and resets. */
export type UserRole = "member" | "admin";

/** What a grant says. */
export interface InviteGrantFields {
  /** Who may register. */
  readonly user: string;
  readonly role: UserRole;
  /** Whether an account that exists goes back to invited; not unless given. */
  readonly reset?: boolean;
  /** Number of the identity record that the registration makes, from 1. */
  readonly epoch: number;
  /** SHA-256 of the name's last identity record, 32 bytes; zeros when there was none (epoch 1). */
  readonly prevHash: Bytes;
  /** SHA-256 of the invite's token, 32 bytes: `inviteTokenHash` of invite.ts. */
  readonly tokenHash: Bytes;
  /** ms since the epoch, by the clock of whoever signed. */
  readonly time: number;
  /** The administrator; empty: the server. */
  readonly by: string;
}

/** A grant as read. */
export interface InviteGrant extends InviteGrantFields {
  readonly reset: boolean;
  /** Of the key that signed, 32 bytes. */
  readonly byFingerprint: Bytes;
  /** The whole grant, as received. */
  readonly bytes: Bytes;
}

/**
 * Makes and signs a grant.
 *
 * @throws {FormatError} on one that {@linkcode parseInviteGrant} would refuse.
 */
export async function makeInviteGrant(
  { signer, ...fields }: InviteGrantFields & { signer: Signer },
): Promise<InviteGrant> {
  const signed = new ByteWriter(MAX_INVITE_GRANT_BYTES)
    .u8(GRANT_VERSION)
    .lp8(utf8(fields.user))
    .u8((fields.role === "admin" ? ROLE_ADMIN : ROLE_MEMBER) + (fields.reset ? RESET : 0))
    .u32(fields.epoch)
    .bytes(fields.prevHash)
    .bytes(fields.tokenHash)
    .u64(fields.time)
    .lp8(utf8(fields.by))
    .bytes(fingerprintOf(signer.publicKey))
    .finish();
  return parseInviteGrant(concat(signed, await signer.sign("invite", signed)));
}

/**
 * Reads a grant. Only its form is checked: {@linkcode verifyInviteGrant} decides whether it is
 * valid.
 *
 * @throws {FormatError}
 */
export function parseInviteGrant(bytes: Bytes): InviteGrant {
  const reader = new ByteReader(bytes, "invite grant");
  const version = reader.u8();
  if (version !== GRANT_VERSION) {
    throw new FormatError(`Invite grants of version ${version} are not known.`, {
      hint: "A newer release of mailsec may be needed.",
    });
  }
  const grant = {
    user: readUserName(reader, "invite grant"),
    ...readWish(reader),
    epoch: reader.u32(),
    prevHash: reader.bytes(HASH_BYTES),
    tokenHash: reader.bytes(HASH_BYTES),
    time: reader.safeU64(),
    by: readActor(reader, "invite grant"),
    byFingerprint: reader.bytes(HASH_BYTES),
  };
  reader.bytes(SIGNATURE_BYTES);
  reader.end();
  const isFirst = grant.prevHash.every((byte) => byte === 0);
  if (grant.epoch < FIRST_EPOCH || (grant.epoch === FIRST_EPOCH) !== isFirst) {
    throw new FormatError("The invite grant has an epoch that does not fit the earlier keys.");
  }
  return { ...grant, bytes: bytes.slice() };
}

/**
 * Checks that a grant is signed with this key: the server's root key when `by` is empty, else the
 * signing key of the administrator `by`. Whether that user was an administrator is for the caller to
 * say.
 *
 * @throws {TrustError} `invite_grant`
 */
export async function verifyInviteGrant(grant: InviteGrant, signingKey: Bytes): Promise<void> {
  const signedLength = grant.bytes.length - SIGNATURE_BYTES;
  const valid = equalBytes(grant.byFingerprint, fingerprintOf(signingKey)) &&
    await verifySignature(signingKey, {
      purpose: "invite",
      message: grant.bytes.slice(0, signedLength),
      signature: grant.bytes.slice(signedLength),
    });
  if (valid) return;
  const by = grant.by === "" ? "the server" : grant.by;
  throw new TrustError(
    "invite_grant",
    `The permission for ${grant.user} to join is not signed by ${by}.`,
    { hint: "Do not trust these keys: ask the administrator who invited this user." },
  );
}

function readWish(reader: ByteReader): Pick<InviteGrant, "role" | "reset"> {
  const wish = reader.u8();
  const reset = wish >= RESET;
  const role = reset ? wish - RESET : wish;
  if (role === ROLE_MEMBER) return { role: "member", reset };
  if (role === ROLE_ADMIN) return { role: "admin", reset };
  throw new FormatError(`The invite grant has an unknown role (${wish}).`);
}
