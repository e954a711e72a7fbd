/** What users do for their own accounts: `Mailbox.care`. The work is in the files beside this. */

import { MailsecError } from "../../crypto/errors.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { loginTicket } from "../../protocol/messages/login_ticket.ts";
import { type Access, isGuest } from "../access.ts";
import type {
  AccountCare,
  AddDeviceOptions,
  DeviceInfo,
  DeviceList,
  Invitation,
  KeepCode,
  RotatedKeys,
  SentInvite,
} from "../account_care.ts";
import type { CaredAccount } from "./cared_account.ts";
import { computerName } from "./device_name.ts";
import {
  enrolThisDevice,
  hardenAccount,
  listDevices,
  relaxAccount,
  removeDevice,
} from "./devices.ts";
import { addDevice } from "./enrolment.ts";
import { inviteUser } from "./invitations.ts";
import { changePassword, renewRecoveryCode, setRecoveryCode } from "./new_password.ts";
import { rotateKeys } from "./rotation.ts";
import { vouchForInvited } from "./vouching.ts";
import type { Bytes } from "../../crypto/bytes.ts";

export class Care implements AccountCare {
  readonly #account: CaredAccount;
  #notices: readonly string[] = [];

  constructor(account: CaredAccount) {
    this.#account = account;
  }

  /**
   * What is due once a login has succeeded: a device that a code has let in is enrolled, a ticket
   * is fetched where there was none, and those who were invited are looked for.
   */
  async afterLogin(
    { access, hadTicket }: { access: Access; hadTicket: boolean },
  ): Promise<void> {
    const account = this.#account;
    if (isGuest(access)) await enrolThisDevice(account, computerName());
    if (!hadTicket) await this.#fetchTicket();
    await this.vouchForInvited();
  }

  async #fetchTicket(): Promise<void> {
    const account = this.#account;
    try {
      const { ticket } = await account.request(loginTicket, {});
      await account.config.ticket(account).write(ticket);
    } catch (error) {
      // A user who has had too many of late gets none; the next login asks again.
      if (!(error instanceof ServerError)) throw error;
    }
  }

  async vouchForInvited(): Promise<void> {
    try {
      this.#notices = await vouchForInvited(this.#account);
    } catch (error) {
      // No reason to keep anybody from the mail: told instead, and tried again at the next login.
      if (!(error instanceof MailsecError)) throw error;
      this.#notices = [`The users you have invited could not be checked: ${error.message}`];
    }
  }

  /** As `renewRecoveryCode`, for a code (20 bytes) that its owner has already. */
  setRecoveryCode(code: Bytes): Promise<void> {
    return setRecoveryCode(this.#account, code);
  }

  notices(): readonly string[] {
    return this.#notices;
  }

  changePassword(change: { current: string; next: string }): Promise<void> {
    return changePassword(this.#account, change);
  }

  renewRecoveryCode(keep: KeepCode): Promise<void> {
    return renewRecoveryCode(this.#account, keep);
  }

  rotateKeys(): Promise<RotatedKeys> {
    return rotateKeys(this.#account);
  }

  devices(): Promise<DeviceList> {
    return listDevices(this.#account);
  }

  addDevice(options: AddDeviceOptions): Promise<DeviceInfo | null> {
    return addDevice(this.#account, options);
  }

  removeDevice(device: number | string): Promise<DeviceInfo> {
    return removeDevice(this.#account, device);
  }

  harden(name: string): Promise<DeviceInfo> {
    return hardenAccount(this.#account, name);
  }

  relax(): Promise<void> {
    return relaxAccount(this.#account);
  }

  inviteUser(invitation: Invitation): Promise<SentInvite> {
    return inviteUser(this.#account, invitation);
  }
}
