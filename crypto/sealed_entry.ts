/**
 * The sealed entry: what the owner of a mailbox writes back after the intake of a mail, so that
 * listing it again costs one symmetric decryption, on every device.
 *
 * Wire: `XChaCha20-Poly1305(HKDF(BK, "mailbox"), padded, aad = "mailsec/1 entry\0" ‖ realm ‖ user ‖
 * message id ‖ u32 revision)`, padded = `u32 length ‖ CBOR ‖ zeros` to a multiple of 1024, which
 * is what nearly all entries have, of a rejected mail too. Replaced by compare-and-set on the
 * revision, which is the one that the new entry will have.
 *
 * Bytes: docs/protocol.md, 11.
 */

import { xchachaOpen, xchachaSeal } from "./aead.ts";
import { type Bytes, ByteWriter, utf8, wipe } from "./bytes.ts";
import { decodeEntry, encodeEntry, type SealedEntry } from "./entry_fields.ts";
import { type BundleOwner, mailboxKey } from "./key_bundle.ts";
import { ENTRY, labelled } from "./labels.ts";
import { padBlob, unpadBlob } from "./padding.ts";

const PADDING_STEP_BYTES = 1024;

/** Which entry of which mailbox, in which revision. */
export interface EntryPlace {
  /** 16 bytes. */
  readonly messageId: Bytes;
  /** From 1. */
  readonly revision: number;
}

/** Seals and opens the entries of one mailbox. Holds its key, 32 bytes, until `wipe`. */
export class EntrySealer {
  readonly #key: Bytes;
  readonly #owner: BundleOwner;

  constructor(bundleKey: Bytes, owner: BundleOwner) {
    this.#key = mailboxKey(bundleKey);
    this.#owner = owner;
  }

  seal(place: EntryPlace, entry: SealedEntry): Bytes {
    const fields = encodeEntry(entry);
    const padded = padBlob(fields, PADDING_STEP_BYTES);
    const sealed = xchachaSeal(this.#key, padded, this.#associatedData(place));
    wipe(fields, padded);
    return sealed;
  }

  /**
   * @throws {DecryptionError} for another mailbox, mail or revision, or when it was changed.
   * @throws {FormatError} when a newer release wrote it.
   */
  open(place: EntryPlace, sealed: Bytes): SealedEntry {
    const padded = xchachaOpen(this.#key, sealed, this.#associatedData(place));
    const fields = unpadBlob(padded, PADDING_STEP_BYTES, "mailbox entry");
    const entry = decodeEntry(fields);
    wipe(fields, padded);
    return entry;
  }

  /** Overwrites the key; the sealer cannot be used any more. */
  wipe(): void {
    wipe(this.#key);
  }

  #associatedData({ messageId, revision }: EntryPlace): Bytes {
    const { realm, user } = this.#owner;
    const at = new ByteWriter(20).bytes(messageId).u32(revision).finish();
    return labelled(ENTRY, realm, utf8(user), at);
  }
}
