/**
 * Under which tags tries are counted (login_throttle.ts). Every kind of try has its own, so that what
 * strangers try never slows down what only the owner of an account can do:
 *
 * - a login counts under the account's tag, one that brings a ticket under the ticket;
 * - a recovery with a wrong code counts under the user's name, one with the right code under the
 *   code, which nobody guesses (160 bits);
 * - what a session may do only so often counts under the user.
 *
 * A tag is `HMAC-SHA-256(HKDF(K_db, "try-tag"), lp8(kind) ‖ lp8(user) ‖ lp8(which))`, except for
 * the login without a ticket.
 */

import { type Bytes, ByteWriter, EMPTY, utf8 } from "../../crypto/bytes.ts";
import { hkdf, hmacSha256 } from "../../crypto/kdf.ts";
import { labelled } from "../../crypto/labels.ts";
import { TRY_TAG } from "./labels.ts";

/**
 * - `ticket`: logins with one ticket; `which` is its nonce.
 * - `recovery`: recoveries with wrong codes; `recovery_code`: with one code, `which` is its hash.
 * - `password_start`: answers under the user's name that a new password needs. Each also tells
 *   whoever can see it how one guess at the present password comes out.
 * - `rotation`: new keys, each of which every client has to fetch and keep.
 * - `ticket_issue`: tickets made, each of which has free tries.
 */
export type TryKind =
  | "ticket"
  | "recovery"
  | "recovery_code"
  | "password_start"
  | "rotation"
  | "ticket_issue";

export class TryTags {
  readonly #key: Bytes;

  /** @param databaseKey 32 bytes, from the server's key file. */
  constructor(databaseKey: Bytes) {
    this.#key = hkdf(databaseKey, labelled(TRY_TAG), 32);
  }

  /** 32 bytes. `user` is in its normal form. */
  tagOf(kind: TryKind, user: string, which: Bytes = EMPTY): Bytes {
    const named = new ByteWriter().lp8(utf8(kind)).lp8(utf8(user)).lp8(which).finish();
    return hmacSha256(this.#key, named);
  }
}
