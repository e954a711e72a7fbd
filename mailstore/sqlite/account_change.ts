/** A change of an account with all that goes with it, as SQL. Runs inside a transaction. */

import type { AccountChange, AccountChangeOutcome } from "../store.ts";
import {
  addIdentity,
  emptyAccount,
  identityCount,
  putInvite,
  readAccount,
  removeAccount,
  saveAccount,
} from "./accounts.ts";
import type { Database } from "./database.ts";
import { appendLog, fitsLog } from "./log.ts";

/** Looks at everything before it writes anything: what it refuses changes nothing. */
export function changeAccount(db: Database, change: AccountChange): AccountChangeOutcome {
  const { tag, expectedVersion, account, invite, identity, log = [] } = change;
  const present = readAccount(db, tag);
  if ((present?.version ?? null) !== expectedVersion) return "conflict";
  if (identity && identityCount(db, tag) !== identity.expectedCount) return "conflict";
  if (!fitsLog(db, log)) return "log_conflict";
  if (account === null) {
    removeAccount(db, tag);
  } else {
    saveAccount(db, { ...account, tag }, expectedVersion);
    if (change.empties) emptyAccount(db, tag);
    if (invite === null) db.run(REMOVE_INVITE, tag);
    if (invite) putInvite(db, { ...invite, tag });
  }
  if (identity) addIdentity(db, tag, identity.record);
  appendLog(db, log);
  return "changed";
}

const REMOVE_INVITE = "DELETE FROM invites WHERE account = (SELECT id FROM accounts WHERE tag = ?)";
