/** The steps of a login that need the password, and what they bring to light. */

import { type Bytes, equalBytes } from "../crypto/bytes.ts";
import { decapsulate } from "../crypto/composite_kem.ts";
import { DecryptionError, FormatError } from "../crypto/errors.ts";
import { BundleLockedError, openBundle } from "../crypto/key_bundle.ts";
import { startLogin } from "../crypto/password_client.ts";
import { TrustError } from "../crypto/trust_error.ts";
import type { LoginSteps } from "../protocol/client_steps.ts";
import { type Access, openAccess } from "./access.ts";
import type { OwnDevice } from "./device_store.ts";
import { LoginError } from "./errors.ts";
import type { PasswordWork } from "./password_work.ts";

/** Whose login it is, and all that it may take. */
export interface LoginSecrets {
  /** 32 bytes. */
  readonly realm: Bytes;
  readonly user: string;
  readonly password: string;
  /** 48 bytes; null without one. */
  readonly ticket: Bytes | null;
  /** What this device keeps of a hardened account. */
  readonly device: OwnDevice | null;
  /** The code for a device that is being enrolled, 16 bytes. */
  readonly enrolCode: Bytes | null;
}

export class LoginWithPassword implements LoginSteps {
  readonly user: string;
  readonly ke1: Bytes;
  readonly ticket: Bytes | null;
  readonly #secrets: LoginSecrets;
  readonly #state: { state: string };
  readonly #work: PasswordWork;
  #exportKey: Bytes | null = null;
  #access: Access | null = null;

  /** @param work For this login alone. */
  constructor(secrets: LoginSecrets, work: PasswordWork) {
    this.#work = work;
    this.user = secrets.user;
    this.ticket = secrets.ticket;
    this.#secrets = secrets;
    const { ke1, ...state } = startLogin(secrets);
    this.ke1 = ke1;
    this.#state = state;
  }

  /** What was opened; after `unlock`. */
  get access(): Access {
    if (this.#access === null) throw new Error("keys are asked for before the login");
    return this.#access;
  }

  async finish(ke2: Bytes): Promise<{ ke3: Bytes; sessionKey: Bytes }> {
    const finished = await this.#work.finishLogin(this.#secrets, this.#state, ke2);
    if (finished === null) {
      throw new LoginError("login", `Wrong user name or password for "${this.user}".`, {
        hint: "Try again; who has forgotten the password uses mailsec recover, and a user who is " +
          "new here needs an invite from the administrator.",
      });
    }
    this.#exportKey = finished.exportKey;
    return finished;
  }

  async unlock(
    { kemPublicKey, bundle: sealed }: { kemPublicKey: Bytes; bundle: Bytes },
  ): Promise<(ciphertext: Bytes) => Promise<Bytes>> {
    try {
      const access = await this.#open(sealed);
      const [current] = access.keys.kem;
      if (!equalBytes(current!.publicKey, kemPublicKey)) throw new DecryptionError();
      this.#access = access;
      return (ciphertext) => decapsulate(current!, ciphertext);
    } catch (cause) {
      if (cause instanceof BundleLockedError) throw this.#locked(cause);
      if (cause instanceof DecryptionError || cause instanceof FormatError) throw foreign(cause);
      throw cause;
    }
  }

  #open(sealed: Bytes): Promise<Access> {
    const { realm, user, device, enrolCode } = this.#secrets;
    const exportKey = this.#exportKey!;
    const opened = openBundle({
      ...{ realm, user, sealed, exportKey },
      ...device === null ? {} : { device },
      ...enrolCode === null ? {} : { enrolCode },
    });
    return openAccess(opened, { sealed, exportKey, device });
  }

  #locked(cause: BundleLockedError): LoginError {
    const { user, enrolCode } = this.#secrets;
    if (enrolCode !== null) {
      return new LoginError("device_code", `The device code does not open ${user}'s mailbox.`, {
        hint: "It counts for a few minutes, once, and only as long as the other device waits. " +
          "Run mailsec devices add there again and use the new code.",
        cause,
      });
    }
    return new LoginError(
      "device_required",
      `The password is right, but ${user}'s mailbox opens on enrolled devices only, and this is ` +
        "none of them.",
      {
        hint: "On an enrolled device run: mailsec devices add. Then connect here: the code that " +
          "it shows is asked for. Without any such device: mailsec recover, with the " +
          "recovery code.",
        cause,
      },
    );
  }
}

/** For a bundle that is not this user's, or was changed. */
export function foreign(cause: Error): TrustError {
  return new TrustError("key_bundle", "The server gave keys that are not this user's.", {
    hint: "The server is damaged or dishonest: ask its administrator.",
    cause,
  });
}
