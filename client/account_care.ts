/**
 * What users do for their own accounts, as every face of the client sees it: `Mailbox.care`.
 *
 * Every change is written by compare-and-set and may be made again after it broke off: it is then
 * found done, or done now, and never half. Errors that all of them share: ServerError `conflict`
 * (another device of this user was faster, several times in a row), ConnectError, LoginError and
 * TrustError as at login.
 */

/** Shows a recovery code to its owner, and returns once it was written down. Throwing stops all. */
export type KeepCode = (code: string) => Promise<void>;

/** A device of a hardened account. */
export interface DeviceInfo {
  /** From 1; stays the same while the device is enrolled. */
  readonly number: number;
  /** As its owner named it. */
  readonly name: string;
  /** When it was enrolled, ISO 8601 in UTC. */
  readonly added: string;
  /** Whether it is this one. */
  readonly isThis: boolean;
}

export interface DeviceList {
  /** Whether the account opens only on enrolled devices. Without it `devices` is empty. */
  readonly hardened: boolean;
  readonly devices: readonly DeviceInfo[];
}

/** A code that lets one more device in, for a short time. */
export interface Enrolment {
  /** To be typed (or scanned) on the new device: Crockford base32 in groups of four. */
  readonly code: string;
  /** When it ends, ISO 8601 in UTC. */
  readonly expires: string;
}

export interface AddDeviceOptions {
  /** Shows the code; called once, when the server knows it. */
  readonly onCode: (enrolment: Enrolment) => void | Promise<void>;
  /** Ends the waiting; the code is then of no more use. */
  readonly signal?: AbortSignal;
}

export interface RotatedKeys {
  /** Fingerprints of the signing keys as people compare them. */
  readonly before: string;
  readonly now: string;
  /** Number of this change among the user's, from 2. */
  readonly epoch: number;
}

export interface Invitation {
  /** Name of the new user, in any case. */
  readonly user: string;
  /** Whether the user may invite others. */
  readonly admin?: boolean;
  /**
   * Gives the name of a user who has joined already to new keys: the account is emptied, and its
   * old mail can be read by nobody any more.
   */
  readonly reset?: boolean;
  /** Where the new user reaches the server, HOST:PORT; where this client does unless given. */
  readonly address?: string;
}

export interface SentInvite {
  /** Lower case. */
  readonly user: string;
  /** The whole line, `mailsec://USER@HOST:PORT/CODE`. A secret: for that user only. */
  readonly invite: string;
  /** ISO 8601 in UTC. */
  readonly expires: string;
}

export interface AccountCare {
  /**
   * Sentences that the user must see, each until what it says is settled: somebody has joined
   * under an invited name without the invite of this user.
   */
  notices(): readonly string[];

  /**
   * Vouches for users who have joined with an invite of this user since, and brings `notices` up to
   * date. Done at every login, too.
   */
  vouchForInvited(): Promise<void>;

  /**
   * Sets a new password (already accepted by `judgePassword`). No mail is touched; other devices
   * are logged out, and log in with the new password.
   *
   * @throws {LoginError} `wrong_password` when `current` is not the password; nothing has changed.
   */
  changePassword(change: { current: string; next: string }): Promise<void>;

  /** Makes a new recovery code; the old one counts until `keep` has returned and it is stored. */
  renewRecoveryCode(keep: KeepCode): Promise<void>;

  /** New keys, signed by the old ones: contacts follow by themselves, old mail stays readable. */
  rotateKeys(): Promise<RotatedKeys>;

  devices(): Promise<DeviceList>;

  /**
   * Lets one more device in: it logs in with the password and the code (which it asks for). Waits
   * until it has, the code has expired (null), or `signal` says so (null).
   *
   * @throws {MailsecError} `not_hardened`; `too_many_devices`
   */
  addDevice(options: AddDeviceOptions): Promise<DeviceInfo | null>;

  /**
   * Takes a device's access away.
   *
   * @param device Its number or its name.
   * @throws {NotFoundError}
   * @throws {MailsecError} `this_device` for the device in use; `not_hardened`.
   */
  removeDevice(device: number | string): Promise<DeviceInfo>;

  /**
   * From now on the account opens on enrolled devices only, this one being the first.
   *
   * @param name Of this device, for the list.
   * @throws {MailsecError} `hardened` when it is that already.
   */
  harden(name: string): Promise<DeviceInfo>;

  /** From now on the password alone opens the account. @throws {MailsecError} `not_hardened` */
  relax(): Promise<void>;

  /**
   * Makes an invite; for administrators. This client vouches for the new user's keys once they
   * were made with it.
   *
   * @throws {FormatError} for a name or address that cannot be one.
   * @throws {ServerError} `not_admin`, `user_exists`, `user_unknown` (to be reset).
   */
  inviteUser(invitation: Invitation): Promise<SentInvite>;
}
