/**
 * Enrolment codes: 128 random bits that are carried from one device of a user to a new one, to let
 * it open the key bundle once. Shown as 30 letters and digits, for some minutes (see
 * written_code.ts).
 *
 * Bytes: docs/protocol.md, 9.2.
 */

import { type Bytes, randomBytes } from "./bytes.ts";
import { ENROLMENT_CHECK } from "./labels.ts";
import { formatWrittenCode, parseWrittenCode, type WrittenCode } from "./written_code.ts";

/** An enrolment code, in bytes. */
export const ENROLMENT_CODE_BYTES = 16;

const KIND: WrittenCode = {
  name: "device code",
  length: ENROLMENT_CODE_BYTES,
  checkLabel: ENROLMENT_CHECK,
};

/** A fresh code, 16 bytes. */
export function newEnrolmentCode(): Bytes {
  return randomBytes(ENROLMENT_CODE_BYTES);
}

/** As it is shown: 30 letters and digits in groups of four. */
export function formatEnrolmentCode(code: Bytes): string {
  return formatWrittenCode(KIND, code);
}

/** A code as typed. @throws {FormatError} when it is mistyped or not the whole of one. */
export function parseEnrolmentCode(text: string): Bytes {
  return parseWrittenCode(KIND, text);
}
