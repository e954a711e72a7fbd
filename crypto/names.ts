/**
 * User names: `[a-z0-9][a-z0-9._-]{0,31}`, compared in lower case.
 *
 * Bytes: docs/protocol.md, 2.1.
 */

import { type ByteReader, fromUtf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** Greatest length of a user name, in characters and in bytes. */
export const MAX_USER_NAME_BYTES = 32;

/** The rule for user names, as a sentence to show. */
export const USER_NAME_RULE =
  "A user name has 1 to 32 characters: letters a to z, digits, dot, underscore and hyphen, " +
  "beginning with a letter or a digit.";

const USER_NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const USER_NAME_ANY_CASE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

/** Whether `text` is a user name in its one normal form, lower case. */
export function isUserName(text: string): boolean {
  return USER_NAME.test(text);
}

/**
 * A user name as typed to its normal form. Blanks around it are the caller's to remove.
 *
 * Checked before it is lower-cased: characters such as the Kelvin sign have an ASCII lower case.
 *
 * @throws {FormatError} naming the rule.
 */
export function normalizeUserName(text: string): string {
  if (!USER_NAME_ANY_CASE.test(text)) {
    throw new FormatError(`"${text}" is not a user name.`, { hint: USER_NAME_RULE });
  }
  return text.toLowerCase();
}

/**
 * Reads `lp8(user)` of a binary layout: a name in its normal form.
 *
 * @param what is parsed, for the message
 * @throws {FormatError}
 */
export function readUserName(reader: ByteReader, what: string): string {
  const name = fromUtf8(reader.lp8());
  if (!isUserName(name)) throw new FormatError(`The ${what} has an invalid user name.`);
  return name;
}

/**
 * Reads `lp8(by)`: who did something, a name in its normal form, or empty where the server itself
 * did it.
 *
 * @param what is parsed, for the message
 * @throws {FormatError}
 */
export function readActor(reader: ByteReader, what: string): string {
  const name = fromUtf8(reader.lp8());
  if (name !== "" && !isUserName(name)) {
    throw new FormatError(`The ${what} has an invalid user name.`);
  }
  return name;
}
