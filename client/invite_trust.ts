/**
 * What an invite says beyond the server: the log that the inviter saw, and the inviter's key. A
 * server that shows a new user another log than everybody else is caught here, on the first day.
 */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import type { Invite } from "../crypto/invite.ts";
import type { OpenAccount } from "./account.ts";
import { withAccepted } from "./contact_pins.ts";
import { Contacts } from "./contacts.ts";

/**
 * Holds the log against the invite, and goes by the inviter's keys from now on, as verified ones.
 * What does not fit is no error here but an alarm of `account.log`.
 *
 * @param account Just joined with this invite.
 * @throws {TrustError} `own_identity`, `directory`; {ConnectError} {ServerError}
 */
export async function trustInvite(
  account: OpenAccount,
  { logSize, logRoot, inviterFingerprint }: Invite,
): Promise<void> {
  const head = { size: logSize, root: logRoot };
  await account.log.checkInvite(head);
  if (inviterFingerprint === null || account.log.alarms.current !== null) return;
  if (!await pinInviter(account, inviterFingerprint)) await account.log.reportMissingInviter(head);
}

/**
 * Pins the administrator who has had the key with this fingerprint (its first bytes): whoever
 * invites is one. Keys that came after it are followed as those of any contact.
 */
async function pinInviter(account: OpenAccount, fingerprint: Bytes): Promise<boolean> {
  const index = await account.log.entries();
  const administrators = index.users.filter((user) =>
    user !== account.user && index.entriesOf(user).some(({ type }) => type === "admin_granted")
  );
  const contacts = new Contacts(account);
  const entries = await contacts.directory.findWhatCounts(administrators);
  for (const entry of entries) {
    const record = entry?.records.find((record) =>
      equalBytes(record.fingerprint.slice(0, fingerprint.length), fingerprint)
    );
    if (entry === null || record === undefined) continue;
    await account.state.update((state) => ({
      state: withAccepted(state, record, "invite"),
      result: undefined,
    })).committed;
    await contacts.judge([entry]);
    return true;
  }
  return false;
}
