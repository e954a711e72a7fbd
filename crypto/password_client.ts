/**
 * The client's side of the password login: OPAQUE (RFC 9807) with Argon2id in front of it. The
 * server learns neither the password nor anything that could be tested against a word list.
 *
 * The library takes passwords and keeps states as JavaScript strings, which cannot be wiped.
 *
 * Bytes: docs/protocol.md, 8.1.
 */

import { client } from "@serenity-kit/opaque";
import { type Bytes, fromBase64Url, toBase64Url } from "./bytes.ts";
import { callOpaque, loginIdentifiers, opaqueMessage } from "./password_identifiers.ts";

/** Argon2id: 64 MiB (in KiB), 3 passes, 4 lanes. Part of the protocol: other values, other keys. */
const KEY_STRETCHING = {
  "argon2id-custom": { memory: 65_536, iterations: 3, parallelism: 4 },
};

/** Whose password it is. */
export interface PasswordOwner {
  /** 32 bytes. */
  readonly realm: Bytes;
  /** Lower case. */
  readonly user: string;
  readonly password: string;
}

/** What the client keeps between its two steps. Secret. */
export interface PasswordState {
  readonly state: string;
}

/** First step of a registration: the request (32 bytes) for the server. */
export function startRegistration(owner: PasswordOwner): PasswordState & { request: Bytes } {
  const started = client.startRegistration({ password: passwordInput(owner) });
  return {
    state: started.clientRegistrationState,
    request: fromBase64Url(started.registrationRequest),
  };
}

/**
 * Second step: the record (192 bytes) for the server to keep, and the export key (64 bytes) that
 * only this password gives. Takes about 0.2 s (Argon2id).
 *
 * @throws {FormatError} on a response that is not valid.
 */
export function finishRegistration(
  owner: PasswordOwner,
  { state }: PasswordState,
  response: Bytes,
): { record: Bytes; exportKey: Bytes } {
  const registrationResponse = opaqueMessage("registrationResponse", response);
  const finished = callOpaque("registration", () =>
    client.finishRegistration({
      clientRegistrationState: state,
      registrationResponse,
      password: passwordInput(owner),
      identifiers: loginIdentifiers(owner.realm, owner.user),
      keyStretching: KEY_STRETCHING,
    }));
  return {
    record: fromBase64Url(finished.registrationRecord),
    exportKey: fromBase64Url(finished.exportKey),
  };
}

/** First step of a login: KE1 (96 bytes) for the server. */
export function startLogin(owner: PasswordOwner): PasswordState & { ke1: Bytes } {
  const started = client.startLogin({ password: passwordInput(owner) });
  return { state: started.clientLoginState, ke1: fromBase64Url(started.startLoginRequest) };
}

/**
 * Second step: KE3 (64 bytes) for the server, the session key (64 bytes) that it will have too, and
 * the export key (64 bytes). Null when the password is wrong (or the user unknown, or the server
 * another one: nobody can tell). Takes about 0.2 s (Argon2id).
 *
 * @throws {FormatError} on a KE2 of a wrong length.
 */
export function finishLogin(
  owner: PasswordOwner,
  { state }: PasswordState,
  ke2: Bytes,
): { ke3: Bytes; sessionKey: Bytes; exportKey: Bytes } | null {
  const loginResponse = opaqueMessage("ke2", ke2);
  const finished = callOpaque("login", () =>
    client.finishLogin({
      clientLoginState: state,
      loginResponse,
      password: passwordInput(owner),
      identifiers: loginIdentifiers(owner.realm, owner.user),
      keyStretching: KEY_STRETCHING,
    }));
  if (finished === undefined) return null;
  return {
    ke3: fromBase64Url(finished.finishLoginRequest),
    sessionKey: fromBase64Url(finished.sessionKey),
    exportKey: fromBase64Url(finished.exportKey),
  };
}

/**
 * `base64url(realm) ‖ 0x00 ‖ user ‖ 0x00 ‖ NFC(password)`: the same password at another server or
 * for another user is another input. The realm is in base64url since the library takes text only.
 */
function passwordInput({ realm, user, password }: PasswordOwner): string {
  return `${toBase64Url(realm)}\0${user}\0${password.normalize("NFC")}`;
}
