/**
 * The key log as every face of the client sees it (`Mailbox.keyLog`): every change of anybody's keys
 * on this server, in a list that can only grow. This client keeps a copy and notices when the server
 * shows it, or anybody who writes to it, another list.
 */

import type { LogEntryType } from "../../crypto/log_entry.ts";

/** What is wrong with the log: codes of TrustError. */
export type AlarmCode =
  /** The server has signed two logs of which neither continues the other. */
  | "log_fork"
  /** The server's log is shorter than it was. */
  | "log_rollback"
  /** Somebody has seen more of the log than the server shows. */
  | "log_withheld"
  /** The log has keys in this user's name that this user has not made. */
  | "own_entry"
  /** The server gives other people keys for this user that are not this user's. */
  | "own_identity"
  /** The server gives keys that are not the newest in the log, or not in it at all. */
  | "unlogged_keys";

/** An entry of the log as it is shown. */
export interface LogLine {
  /** Place in the log, from 0. */
  readonly seq: number;
  /** By the server's clock, ISO 8601 in UTC. */
  readonly time: string;
  readonly type: LogEntryType;
  /** Whom it is about. */
  readonly user: string;
  /** SHA-256 of the record that it is the entry of, 64 hexadecimal digits. */
  readonly recordHash: string;
}

/** A head of the log, and who showed it. */
export interface ShownHead {
  /** "server", "device" (seen here before), "account" (by any device), "invite", or a sender's name. */
  readonly by: string;
  readonly size: number;
  /** Hexadecimal; of an invite its first 40 digits only. */
  readonly root: string;
  /** The server's signed note; null where the head came without (a mail's sender signs it). */
  readonly note: string | null;
}

/** What was found out, kept on this device until and after it is dismissed. */
export interface Evidence {
  /** From 1 on. */
  readonly id: number;
  readonly code: AlarmCode;
  /** When it was noticed first, ISO 8601 in UTC. */
  readonly time: string;
  /** A sentence for people, and what to do. */
  readonly message: string;
  readonly hint: string;
  /** The heads that contradict each other. */
  readonly heads: readonly ShownHead[];
  /** The mail that brought it to light. */
  readonly mail: { readonly id: string; readonly from: string } | null;
  /** Entries that it is about. */
  readonly entries: readonly LogLine[];
  /** Identity records that it is about, as the server gave them, base64. */
  readonly records: readonly string[];
  /** When the user has looked at it and decided to go on, ISO 8601 in UTC; null: sending is stopped. */
  readonly dismissed: string | null;
}

/** The head that this client has verified. */
export interface LogHeadInfo {
  readonly size: number;
  /** Hexadecimal, 64 digits. */
  readonly root: string;
  /** The server's signed note (C2SP tlog-checkpoint). */
  readonly note: string;
}

/** What a verification of the copy has found right; anything else is an error. */
export interface LogVerification extends LogHeadInfo {
  /** Names that have an entry. */
  readonly users: number;
  /** The own keys' entry. */
  readonly ownSeq: number;
}

/** `Mailbox.keyLog`. */
export interface KeyLogView {
  /** The newest head verified here. */
  head(): LogHeadInfo;
  /** All entries of the copy, or those about one user, the oldest first. */
  entries(user?: string): Promise<LogLine[]>;
  /**
   * Fetches what is new, computes everything anew from the copy's first entry on, and checks the
   * entries in this user's name.
   *
   * @throws {TrustError} with an AlarmCode, or `log_head`.
   */
  verify(): Promise<LogVerification>;
  /**
   * The copy as text, JSON lines: `{"mailsec": "key-log", "version": 1, "rootKey", "head"}`, then an
   * entry each, base64 in quotes. `verifyExport` of log_export.ts checks it without a server.
   */
  export(): Promise<string>;
  /** What was noticed, the oldest first, dismissed or not. */
  evidence(): Promise<Evidence[]>;
  /** The first that is not dismissed: sending is stopped. */
  alarm(): Evidence | null;
  /**
   * Goes on in spite of it; to be called after somebody has looked at it only. After a fork or a
   * rollback the log that the server shows now is taken as the one to go on from.
   *
   * @throws {NotFoundError}
   * @throws {TrustError} when the log of the server cannot be verified at all.
   */
  dismissEvidence(id: number): Promise<void>;
}
