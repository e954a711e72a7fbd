/**
 * The server's side of the password login: OPAQUE (RFC 9807). It never sees a password.
 *
 * Bytes: docs/protocol.md, 8.1.
 */

import { server } from "@serenity-kit/opaque";
import { type Bytes, fromBase64Url, toBase64Url } from "./bytes.ts";
import { callOpaque, loginIdentifiers, opaqueMessage } from "./password_identifiers.ts";

/** What the server keeps between KE2 and KE3. Secret. */
export interface ServerLoginState {
  readonly state: string;
}

/** Whose login it is, at which server. */
export interface LoginParties {
  /** 32 bytes. */
  readonly realm: Bytes;
  /** Lower case. */
  readonly user: string;
}

/** New long-term secrets of a server: made once, kept in its key file. */
export function createServerSetup(): Bytes {
  return fromBase64Url(server.createSetup());
}

/**
 * Answers a registration request (32 bytes) with the response (64 bytes).
 *
 * @throws {FormatError} on a request that is not valid.
 */
export function registrationResponse(setup: Bytes, user: string, request: Bytes): Bytes {
  const registrationRequest = opaqueMessage("registrationRequest", request);
  const answered = callOpaque("registration", () =>
    server.createRegistrationResponse({
      serverSetup: toBase64Url(setup),
      userIdentifier: user,
      registrationRequest,
    }));
  return fromBase64Url(answered.registrationResponse);
}

/**
 * Answers KE1 (96 bytes) with KE2 (320 bytes). Without a record (an unknown user) the KE2 looks like
 * any other and no KE3 will match it.
 *
 * @throws {FormatError} on a KE1 that is not valid.
 */
export function startServerLogin(
  { setup, realm, user, record, ke1 }: LoginParties & {
    setup: Bytes;
    /** Of the user's registration, 192 bytes. */
    record: Bytes | null;
    ke1: Bytes;
  },
): ServerLoginState & { ke2: Bytes } {
  const startLoginRequest = opaqueMessage("ke1", ke1);
  const registrationRecord = record === null ? null : opaqueMessage("registrationRecord", record);
  const started = callOpaque("login", () =>
    server.startLogin({
      serverSetup: toBase64Url(setup),
      userIdentifier: user,
      registrationRecord,
      startLoginRequest,
      identifiers: loginIdentifiers(realm, user),
    }));
  return { state: started.serverLoginState, ke2: fromBase64Url(started.loginResponse) };
}

/**
 * Checks KE3 (64 bytes): the session key (64 bytes) that the client has too, or null when the
 * client did not know the password.
 *
 * @throws {FormatError} on a KE3 of a wrong length.
 */
export function finishServerLogin(
  parties: LoginParties,
  { state }: ServerLoginState,
  ke3: Bytes,
): Bytes | null {
  const finishLoginRequest = opaqueMessage("ke3", ke3);
  try {
    const finished = server.finishLogin({
      serverLoginState: state,
      finishLoginRequest,
      identifiers: loginIdentifiers(parties.realm, parties.user),
    });
    return fromBase64Url(finished.sessionKey);
  } catch {
    // The library's only way to say that the client's MAC is wrong.
    return null;
  }
}
