import { equalBytes } from "../../crypto/bytes.ts";
import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import { isIdentityEntry, parseLogEntry, recordHashOf } from "../../crypto/log_entry.ts";
import type { AdminOffice } from "./office.ts";

/** What `mailsec verify` found. */
export interface Verification {
  readonly users: number;
  /** A sentence for each problem; none: all is well. */
  readonly problems: readonly string[];
}

/**
 * Checks the store, that what is sealed in it opens with the server's keys, and that every key and
 * every record is what the key log says.
 */
export async function verifyOffice(office: AdminOffice): Promise<Verification> {
  const problems = [...await office.store.verify()];
  let users = 0;
  try {
    for (const { user } of await office.accounts.all()) {
      users += 1;
      await office.accounts.find(user);
    }
    // A running server may have added keys between two looks: what is wrong is so again.
    if ((await logProblems(office)).length > 0) problems.push(...await logProblems(office));
  } catch (error) {
    if (!(error instanceof DecryptionError || error instanceof FormatError)) throw error;
    problems.push(`Something does not open with the server's keys: ${error.message}`);
  }
  return { users, problems };
}

/** The log against the identity records, and its own records against its entries. */
async function logProblems({ accounts, keyLog }: AdminOffice): Promise<string[]> {
  const problems: string[] = [];
  const logged = new Map<string, string[]>();
  const { leaves } = await keyLog.page(0, Infinity);
  for (const entry of leaves.map(parseLogEntry)) {
    const hashes = logged.get(entry.user) ?? [];
    if (isIdentityEntry(entry)) hashes.push(entry.recordHash.toHex());
    logged.set(entry.user, hashes);
  }
  for (const { user } of await accounts.all()) if (!logged.has(user)) logged.set(user, []);
  for (const [user, hashes] of logged) {
    const records = (await accounts.identityRecords(user)).map(({ hash }) => hash.toHex());
    if (records.join() !== hashes.join()) {
      problems.push(`The keys of "${user}" are not those that the key log has.`);
    }
    for (const { entry, record } of await keyLog.recordsOf(user)) {
      if (equalBytes(recordHashOf(record), entry.recordHash)) continue;
      problems.push(`The key log has another record than its entry ${entry.seq} says.`);
    }
  }
  return problems;
}
