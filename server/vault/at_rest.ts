/**
 * Sealing of what the store keeps, under keys derived from the server's database key.
 *
 * A column of a row is XChaCha20-Poly1305 under `HKDF(K_db, "at-rest TABLE")` with the associated
 * data `lp8(table) ‖ lp8(column) ‖ lp8(row id)`, so that no value can be moved to another place. An
 * account is found by its tag, HMAC-SHA-256 of the user's name: whoever has the database alone has
 * neither names nor anything to guess passwords against.
 *
 * Bytes: docs/protocol.md, 14.
 */

import { type Bytes, ByteWriter, utf8 } from "../../crypto/bytes.ts";
import { xchachaOpen, xchachaSeal } from "../../crypto/aead.ts";
import { hkdf, hmacSha256 } from "../../crypto/kdf.ts";
import { labelled } from "../../crypto/labels.ts";
import { AT_REST_COLUMN, AT_REST_TABLE, NAME_TAG } from "./labels.ts";

const KEY_BYTES = 32;
/** Tags remembered, so that delivery does not compute the same ones again and again. */
const MAX_CACHED_TAGS = 10_000;

/**
 * The sealed columns. A row is named by the account's tag, the message's id, or the number of the
 * entry in the log.
 */
const COLUMNS = {
  profile: "account",
  login: "account",
  bundle: "account",
  state: "account",
  identity: "identity",
  meta: "message",
  header: "message",
  log_entry: "log",
  log_record: "log",
} as const;

export type Column = keyof typeof COLUMNS;

/** Seals and opens columns, and makes tags of names. */
export class AtRest {
  readonly #tableKeys = new Map<string, Bytes>();
  readonly #nameKey: Bytes;
  readonly #tags = new Map<string, Bytes>();

  /** @param databaseKey 32 bytes, from the server's key file. */
  constructor(databaseKey: Bytes) {
    this.#nameKey = hkdf(databaseKey, labelled(NAME_TAG), KEY_BYTES);
    for (const table of new Set(Object.values(COLUMNS))) {
      this.#tableKeys.set(table, hkdf(databaseKey, labelled(AT_REST_TABLE + table), KEY_BYTES));
    }
  }

  /** The tag of a user: 32 bytes. `user` is in its normal form. */
  tagOf(user: string): Bytes {
    let tag = this.#tags.get(user);
    if (tag === undefined) {
      tag = hmacSha256(this.#nameKey, utf8(user));
      if (this.#tags.size >= MAX_CACHED_TAGS) this.#tags.clear();
      this.#tags.set(user, tag);
    }
    return tag;
  }

  /** @param row What names the row: see the columns. */
  seal(column: Column, row: Uint8Array, plaintext: Uint8Array): Bytes {
    return xchachaSeal(this.#keyOf(column), plaintext, placeOf(column, row));
  }

  /** Opens what `seal` made for this very place. Throws DecryptionError. */
  open(column: Column, row: Uint8Array, sealed: Uint8Array): Bytes {
    return xchachaOpen(this.#keyOf(column), sealed, placeOf(column, row));
  }

  #keyOf(column: Column): Bytes {
    return this.#tableKeys.get(COLUMNS[column])!;
  }
}

function placeOf(column: Column, row: Uint8Array): Bytes {
  const place = new ByteWriter().lp8(utf8(COLUMNS[column])).lp8(utf8(column)).lp8(row).finish();
  return labelled(AT_REST_COLUMN, place);
}
