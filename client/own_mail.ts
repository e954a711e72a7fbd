/**
 * Sealing of mail to oneself alone: drafts and imported mail. What it is stands in the sealed entry
 * that goes with it, so that no device takes it for mail that has come.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { importKemPublicKey, type KemPublicKey } from "../crypto/composite_kem.ts";
import { type MailToSeal, type SealedMail, sealMail } from "../crypto/envelope_seal.ts";
import type { OpenAccount } from "./account.ts";

/** What such mails differ in. */
export type OwnMailParts = Omit<
  MailToSeal,
  "signer" | "from" | "realm" | "recipients" | "cc" | "counter" | "log"
>;

export class OwnMailSealer {
  readonly #account: OpenAccount;
  /** The user's own key, out of the bundle: nobody has to be asked for it. */
  #key: { readonly bytes: Bytes; readonly kem: Promise<KemPublicKey> } | null = null;

  constructor(account: OpenAccount) {
    this.#account = account;
  }

  /** @throws {FormatError} when it cannot be put into the form of a sealed mail. */
  async seal(parts: OwnMailParts): Promise<SealedMail> {
    const { user, realm, fingerprint, keys, log } = this.#account;
    const { size, root } = log.head;
    return await sealMail({
      ...parts,
      ...{ signer: keys.signer, from: user, realm, cc: [], counter: new Map() },
      recipients: [{ user, fingerprint, kem: await this.#ownKey(), copy: true }],
      log: { size, root },
    });
  }

  #ownKey(): Promise<KemPublicKey> {
    const { publicKey } = this.#account.keys.kem[0]!;
    // Another device may have replaced it.
    if (this.#key?.bytes !== publicKey) {
      this.#key = { bytes: publicKey, kem: importKemPublicKey(publicKey) };
    }
    return this.#key.kem;
  }
}
