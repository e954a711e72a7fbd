/**
 * What a user signs, with purpose "credentials", when she replaces what opens her account: so that
 * only somebody with her private key can set another password, recovery code or identity, and
 * neither a part of one change nor an older one can pass for this one.
 *
 * Layout: `"mailsec/1 credentials\0" ‖ lp8(user) ‖ u32 version ‖ lp8(SHA-256(record)) ‖
 * lp8(recoveryHash) ‖ lp8(SHA-256(identity)) ‖ SHA-256(bundle)`; what does not change has length 0.
 *
 * Bytes: docs/protocol.md, 9.4.
 */

import { type Bytes, ByteWriter, EMPTY, utf8 } from "./bytes.ts";
import { sha256 } from "./kdf.ts";
import { CREDENTIALS, labelled } from "./labels.ts";

const HASH_BYTES = 32;

/** A change of what opens an account. */
export interface CredentialsChange {
  /** Lower case. */
  readonly user: string;
  /** Of the new key bundle. */
  readonly version: number;
  /** The OPAQUE registration record of a new password; null when it stays. */
  readonly record: Bytes | null;
  /** SHA-256 of a new recovery code's proof, 32 bytes; null when it stays. */
  readonly recoveryHash: Bytes | null;
  /** The identity record of new keys; null when they stay. */
  readonly identity: Bytes | null;
  /** The whole new key bundle, as it is to be stored. */
  readonly bundle: Bytes;
}

/** The bytes to sign. */
export function signedCredentials(change: CredentialsChange): Bytes {
  const { user, version, record, recoveryHash, identity, bundle } = change;
  if (recoveryHash !== null && recoveryHash.length !== HASH_BYTES) {
    throw new RangeError("signedCredentials: recoveryHash");
  }
  const writer = new ByteWriter()
    .lp8(utf8(user))
    .u32(version)
    .lp8(hashOf(record))
    .lp8(recoveryHash ?? EMPTY)
    .lp8(hashOf(identity))
    .bytes(sha256(bundle));
  return labelled(CREDENTIALS, writer.finish());
}

function hashOf(bytes: Bytes | null): Bytes {
  return bytes === null ? EMPTY : sha256(bytes);
}
