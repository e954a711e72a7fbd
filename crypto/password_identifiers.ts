/** What both sides of the password login (OPAQUE, RFC 9807) have in common. */

import { ready } from "@serenity-kit/opaque";
import { type Bytes, toBase64Url } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** Lengths of OPAQUE's messages with ristretto255 and SHA-512, in bytes. */
export const OPAQUE_BYTES = {
  registrationRequest: 32,
  registrationResponse: 64,
  registrationRecord: 192,
  ke1: 96,
  ke2: 320,
  ke3: 64,
  sessionKey: 64,
  exportKey: 64,
} as const;

/** Resolves when the OPAQUE library can be used; every other function here needs that first. */
export function passwordReady(): Promise<void> {
  return ready;
}

/** The two parties as OPAQUE authenticates them. */
export function loginIdentifiers(realm: Bytes, user: string): { client: string; server: string } {
  return { client: user, server: toBase64Url(realm) };
}

/** An OPAQUE message as the library takes it, its length checked. Throws FormatError. */
export function opaqueMessage(kind: keyof typeof OPAQUE_BYTES, bytes: Bytes): string {
  if (bytes.length !== OPAQUE_BYTES[kind]) {
    throw new FormatError(`The password message ${kind} must have ${OPAQUE_BYTES[kind]} bytes.`);
  }
  return toBase64Url(bytes);
}

/** Runs a call of the library, which throws plain errors on messages that are not valid points. */
export function callOpaque<T>(action: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new FormatError(`The message for ${action} is not valid.`, { cause });
  }
}
