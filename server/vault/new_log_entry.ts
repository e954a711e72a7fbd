/** What an entry of the key log is made from, before it has a number. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { IdentityRecord } from "../../crypto/identity.ts";
import { type AdminAct, encodeAdminAct, type LogEntryType } from "../../crypto/log_entry.ts";
import type { Vouch } from "../../crypto/vouch.ts";

export interface NewLogEntry {
  readonly type: LogEntryType;
  /** Whom it is about. */
  readonly user: string;
  /** What the entry has the hash of. */
  readonly record: Bytes;
  /** Whether the log keeps the record; identity records are kept with the accounts. */
  readonly isKept: boolean;
}

/** New keys. */
export function identityEntry({ type, user, bytes }: IdentityRecord): NewLogEntry {
  return { type, user, record: bytes, isKept: false };
}

/** What an administrator does. */
export function actEntry(act: AdminAct): NewLogEntry {
  return { type: act.type, user: act.user, record: encodeAdminAct(act), isKept: true };
}

/** One user's word for another's keys: an entry about the latter. */
export function vouchEntry({ user, bytes }: Vouch): NewLogEntry {
  return { type: "vouch", user, record: bytes, isKept: true };
}
