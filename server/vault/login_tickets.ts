/**
 * Login tickets: what a device that has logged in shows the next time, so that its tries are counted
 * apart from those of strangers (OWASP, "Slow down online guessing attacks with device cookies").
 *
 * A ticket is `nonce(16) ‖ HMAC-SHA-256(HKDF(K_db, "login-ticket"), nonce ‖ user)`, 48 bytes; the
 * server keeps nothing of it. It is no secret that opens anything: whoever has one may try passwords
 * of that user at the pace of login_throttle.ts, and no faster.
 *
 * Bytes: docs/protocol.md, 8.2.
 */

import { type Bytes, concat, equalBytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { hkdf, hmacSha256 } from "../../crypto/kdf.ts";
import { labelled } from "../../crypto/labels.ts";
import { LOGIN_TICKET } from "./labels.ts";

const NONCE_BYTES = 16;
const MAC_BYTES = 32;
/** A ticket, in bytes. */
export const TICKET_BYTES = NONCE_BYTES + MAC_BYTES;

/** See the head of this file. User names are in their normal form. */
export class LoginTickets {
  readonly #key: Bytes;

  /** @param databaseKey 32 bytes, from the server's key file. */
  constructor(databaseKey: Bytes) {
    this.#key = hkdf(databaseKey, labelled(LOGIN_TICKET), MAC_BYTES);
  }

  /** A fresh ticket for a user who is logged in. */
  issue(user: string): Bytes {
    const nonce = randomBytes(NONCE_BYTES);
    return concat(nonce, this.#macOf(user, nonce));
  }

  /** The nonce of a ticket of this user, 16 bytes; null when it is forged or somebody else's. */
  nonceOf(user: string, ticket: Bytes): Bytes | null {
    if (ticket.length !== TICKET_BYTES) return null;
    const nonce = ticket.slice(0, NONCE_BYTES);
    return equalBytes(ticket.slice(NONCE_BYTES), this.#macOf(user, nonce)) ? nonce : null;
  }

  #macOf(user: string, nonce: Bytes): Bytes {
    return hmacSha256(this.#key, concat(nonce, utf8(user)));
  }
}
