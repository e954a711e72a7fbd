/**
 * Exporting and importing as every face sees it, and the one shape in which mail passes between the
 * mailbox and the readers and writers of files. The formats: docs/transfer.md.
 */

import type { Bytes } from "../../crypto/bytes.ts";

export const TRANSFER_FORMATS = ["mbox", "maildir", "eml"] as const;

export type TransferFormat = typeof TRANSFER_FORMATS[number];

/** The flags that travel, as sealed entries name them. */
export type TransferFlag = "read" | "answered" | "forwarded" | "flagged";

/** What is known of a mail beside its bytes. */
export interface MailMarks {
  /** Names of the folders it is in, the one where it is at home first; empty: not known. */
  readonly folders: readonly string[];
  readonly flags: ReadonlySet<TransferFlag>;
  /** Not sent yet; files have a flag for it. */
  readonly isDraft: boolean;
  /** Deleted, but still there; files have a flag for it. */
  readonly isTrashed: boolean;
}

/** A mail on its way into a file. */
export interface MailToWrite extends MailMarks {
  /** The RFC 5322 bytes. */
  readonly bytes: Bytes;
  /** ms since the epoch. */
  readonly date: number;
  /** The sender as the mailbox shows it: "alice", "Bob <bob@example.org>". */
  readonly from: string;
  readonly title: string;
  /** First 16 hexadecimal digits of the SHA-512 of the bytes. */
  readonly contentHash: string;
}

/** A mail that was read from a file. */
export interface MailRead extends MailMarks {
  readonly kind: "mail";
  readonly bytes: Bytes;
  /** The date that a file of ours states: it counts more than the header's. ms since the epoch. */
  readonly statedDate: number | null;
  /** What counts when the header has no date: of the separator, or of the file. */
  readonly fallbackDate: number;
  readonly place: Place;
}

/** Where something was found. */
export interface Place {
  readonly file: string;
  /** In an mbox: which mail, from 1, and the byte where it begins. */
  readonly mail: number | null;
  readonly offset: number | null;
}

/** Something that could not be read or written, and why; nothing else was harmed by it. */
export interface TransferProblem {
  readonly kind: "problem";
  readonly place: Place;
  /** A sentence's end: "it is not a regular file". */
  readonly reason: string;
}

/** How far it is. */
export interface TransferProgress {
  readonly doneMails: number;
  readonly doneBytes: number;
  /** Bytes of all files that are read, or null. */
  readonly totalBytes: number | null;
  /** Mails that are to be written, or null. */
  readonly totalMails: number | null;
}

export type OnTransferProgress = (progress: TransferProgress) => void;

export interface ExportOptions {
  /** As everywhere (docs/query.md); without one everything but the trash. */
  readonly query?: string;
  readonly format: TransferFormat;
  /** File (mbox) or folder (maildir, eml) that is made. */
  readonly output: string;
  readonly onProgress?: OnTransferProgress;
  readonly onProblem?: (problem: TransferProblem) => void;
  /** Ends after the mail that is being written; can be gone on with later. */
  readonly signal?: AbortSignal;
}

export interface ExportResult {
  /** Mails in the output now. */
  readonly exported: number;
  /** Of them, those that an earlier run had written. */
  readonly before: number;
  readonly problems: readonly TransferProblem[];
  /** Whether `signal` ended it; the same command goes on. */
  readonly interrupted: boolean;
}

export interface ImportOptions {
  readonly paths: readonly string[];
  /** Name of a folder for all of it, instead of the folders that the files name. */
  readonly folder?: string;
  /** Reads and reports, and changes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: OnTransferProgress;
  readonly onProblem?: (problem: TransferProblem) => void;
  /** Ends when what is under way is done; the same command goes on. */
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  readonly imported: number;
  /** Mails whose very bytes were in the mailbox already, or came twice. */
  readonly duplicates: number;
  readonly problems: readonly TransferProblem[];
  /** Names of folders that were made. */
  readonly newFolders: readonly string[];
  readonly interrupted: boolean;
}
