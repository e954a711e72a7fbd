/**
 * A name for an account that is not secret and lasts as long as its bundle key does.
 *
 * Bytes: docs/protocol.md, 9.3.
 */

import type { Bytes } from "./bytes.ts";
import { hkdf } from "./kdf.ts";
import { ACCOUNT_MARK, labelled } from "./labels.ts";

const MARK_BYTES = 16;

/**
 * `HKDF(BK, "account-mark")`, 16 bytes. It stays with new passwords and rotated keys; an account
 * that was begun anew has another one.
 */
export function accountMark(bundleKey: Bytes): Bytes {
  return hkdf(bundleKey, labelled(ACCOUNT_MARK), MARK_BYTES);
}
