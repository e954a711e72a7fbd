/** The mailbox as an import sees it. */

import type { Bytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import type { TransferFlag } from "./types.ts";

/** A folder of the mailbox. */
export interface FolderPlace {
  readonly id: string;
  readonly name: string;
}

/** A mail that is to be put into the mailbox. */
export interface MailToImport {
  readonly bytes: Bytes;
  /** Counts more than the date in its header; ms since the epoch. */
  readonly statedDate: number | null;
  /** Counts when its header has none. */
  readonly fallbackDate: number;
  readonly flags: ReadonlySet<TransferFlag>;
  /** Ids of its folders, the first one where it is at home. */
  readonly folders: readonly [string, ...string[]];
}

export interface ImportTarget {
  /** Greatest mail that the server takes, in bytes. */
  readonly maxMailBytes: number;
  /** Whether a mail with this content is there. */
  has(contentHash: string): boolean;
  /** The folder with that name (in any case); null when there is none. */
  findFolder(name: string): FolderPlace | null;
  /** Makes a folder. @throws {MailsecError} when the name cannot be one. */
  addFolder(name: string): Promise<FolderPlace>;
  /**
   * Seals and sends it, durably.
   *
   * @throws {MailRefused} when this mail cannot be imported, but others can.
   */
  add(mail: MailToImport): Promise<void>;
  /** Puts mails, by their contents, into one more folder; those that are there already stay. */
  putAlso(contentHashes: ReadonlySet<string>, folder: string): Promise<void>;
}

/** This mail cannot be imported; others can. */
export class MailRefused extends MailsecError {
  override name = "MailRefused";

  /** @param reason The end of a sentence. */
  constructor(readonly reason: string, cause?: unknown) {
    super("mail_refused", `The mail cannot be imported: ${reason}.`, { cause });
  }
}
