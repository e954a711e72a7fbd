import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import type { AdminOffice } from "./office.ts";

/** What `mailsec verify` found. */
export interface Verification {
  readonly users: number;
  /** A sentence for each problem; none: all is well. */
  readonly problems: readonly string[];
}

/** Checks the store, and that what is sealed in it opens with the server's keys. */
export async function verifyOffice({ store, accounts }: AdminOffice): Promise<Verification> {
  const problems = [...await store.verify()];
  let users = 0;
  try {
    for (const { user } of await accounts.all()) {
      users += 1;
      await accounts.find(user);
      await accounts.identities([user]);
    }
  } catch (error) {
    if (!(error instanceof DecryptionError || error instanceof FormatError)) throw error;
    problems.push(`An account does not open with the server's keys: ${error.message}`);
  }
  return { users, problems };
}
