import { FormatError } from "../../crypto/errors.ts";

/** For bytes that no release, or another one, has written. */
export function malformedIndex(): FormatError {
  return new FormatError("The mail index is not of this form.");
}
