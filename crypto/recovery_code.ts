/**
 * Recovery codes: 160 random bits that their user writes down, to set a new password when the old
 * one is forgotten. Shown as nine groups of four (see written_code.ts).
 *
 * The code is worth as much as the password, and nobody can guess it. The server keeps
 * `SHA-256(HKDF(code, "recovery-auth"))` and learns the HKDF at a recovery; neither opens the slot
 * of the key bundle that the code itself opens.
 *
 * Bytes: docs/protocol.md, 8.4.
 */

import { type Bytes, randomBytes } from "./bytes.ts";
import { hkdf, sha256 } from "./kdf.ts";
import { labelled, RECOVERY_AUTH, RECOVERY_CHECK } from "./labels.ts";
import { formatWrittenCode, parseWrittenCode, type WrittenCode } from "./written_code.ts";

/** A recovery code, in bytes. */
export const RECOVERY_CODE_BYTES = 20;
const AUTH_BYTES = 32;

const KIND: WrittenCode = {
  name: "recovery code",
  length: RECOVERY_CODE_BYTES,
  checkLabel: RECOVERY_CHECK,
};

/** A fresh code, 20 bytes. */
export function newRecoveryCode(): Bytes {
  return randomBytes(RECOVERY_CODE_BYTES);
}

/** As it is shown: 36 letters and digits in nine groups of four. */
export function formatRecoveryCode(code: Bytes): string {
  return formatWrittenCode(KIND, code);
}

/** A code as typed. @throws {FormatError} when it is mistyped or not the whole of one. */
export function parseRecoveryCode(text: string): Bytes {
  return parseWrittenCode(KIND, text);
}

/** What proves to the server that the code is known: `HKDF(code, "recovery-auth")`, 32 bytes. */
export function recoveryAuth(code: Bytes): Bytes {
  return hkdf(code, labelled(RECOVERY_AUTH), AUTH_BYTES);
}

/** What the server keeps of a code: SHA-256 of {@linkcode recoveryAuth}'s result, 32 bytes. */
export function recoveryAuthHash(auth: Bytes): Bytes {
  return sha256(auth);
}
