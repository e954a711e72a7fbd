/**
 * What an invite says beyond the server: the log that the inviter saw, and the inviter's key. A
 * server that shows a new user another log than everybody else is caught here, on the first day.
 *
 * It is part of the account state from the registration on, as the setting "invite" (size, root and
 * inviter, `-` for none, hexadecimal), and leaves it when it has been held against the log: whoever
 * cuts the first connection only puts that off to the next login, on whatever device.
 */

import type { AccountState } from "../crypto/account_state.ts";
import { type Bytes, equalBytes, fromHex, toHex } from "../crypto/bytes.ts";
import type { Invite } from "../crypto/invite.ts";
import type { OpenAccount } from "./account.ts";
import { withAccepted } from "./contact_pins.ts";
import { Contacts } from "./contacts.ts";

const SETTING = "invite";

/** What an invite says beyond the server. */
export type InviteTrust = Pick<Invite, "logSize" | "logRoot" | "inviterFingerprint">;

/** The state of a new account, with what its invite says. */
export function withInvite(
  state: AccountState,
  { logSize, logRoot, inviterFingerprint }: InviteTrust,
): AccountState {
  const inviter = inviterFingerprint === null ? "-" : toHex(inviterFingerprint);
  const text = `${logSize} ${toHex(logRoot)} ${inviter}`;
  return { ...state, settings: new Map(state.settings).set(SETTING, text) };
}

/**
 * Does {@linkcode trustInvite} at the first login that comes so far.
 *
 * @throws as `trustInvite`: then the next login does it.
 */
export async function trustInviteOnce(account: OpenAccount): Promise<void> {
  const text = account.state.current.settings.get(SETTING);
  if (text === undefined) return;
  const [size, root, inviter] = text.split(" ");
  await trustInvite(account, {
    logSize: Number(size),
    logRoot: fromHex(root!),
    inviterFingerprint: inviter === "-" ? null : fromHex(inviter!),
  });
  await account.state.update((state) => {
    const settings = new Map(state.settings);
    settings.delete(SETTING);
    return { state: { ...state, settings }, result: undefined };
  }).committed;
}

/**
 * Holds the log against the invite, and goes by the inviter's keys from now on, as verified ones.
 * What does not fit is no error here but an alarm of `account.log`. So are first keys for a name that
 * has had others: the server hid the permission to begin anew, and with it the reset.
 *
 * @param account Just joined with this invite.
 * @throws {TrustError} `own_identity`, `directory`; {ConnectError} {ServerError}
 */
export async function trustInvite(
  account: OpenAccount,
  { logSize, logRoot, inviterFingerprint }: InviteTrust,
): Promise<void> {
  const head = { size: logSize, root: logRoot };
  await account.log.checkInvite(head);
  await account.log.checkBeginning();
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
