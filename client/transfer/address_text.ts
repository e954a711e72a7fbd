/** The bare address of a sender, for separators and file names. */

import { MAIL_DOMAIN } from "../threading.ts";

/** No address is longer (RFC 5321 section 4.5.3.1: 64 + 1 + 255). */
const MAX_ADDRESS_CHARACTERS = 320;
/** Who sent what has no sender, by custom of mbox. */
const NOBODY = "MAILER-DAEMON";

/**
 * `bob@example.org` of "Bob <bob@example.org>"; `alice@mailsec.invalid` of "alice". Visible ASCII
 * without blanks and quotes, never empty.
 */
export function addressOf(from: string): string {
  const inBrackets = /<([^<>]*)>\s*$/.exec(from)?.[1];
  const address = (inBrackets ?? from).replace(/[^\x21\x23-\x7E]+/g, "");
  if (address === "") return NOBODY;
  const whole = address.includes("@") ? address : `${address}@${MAIL_DOMAIN}`;
  return whole.slice(0, MAX_ADDRESS_CHARACTERS);
}

/** The same for people: without the domain that all users of the server have. */
export function shortAddressOf(from: string): string {
  const address = addressOf(from);
  const suffix = `@${MAIL_DOMAIN}`;
  return address.endsWith(suffix) ? address.slice(0, -suffix.length) : address;
}
