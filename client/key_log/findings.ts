/** What can be wrong with the key log, each as a sentence that a person understands. */

import { type Bytes, toHex } from "../../crypto/bytes.ts";
import type { LogEntry } from "../../crypto/log_entry.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import type { Finding } from "./evidence_store.ts";
import { logLine } from "./log_index.ts";
import type { Conflict } from "./log_mirror.ts";
import type { AlarmCode, Evidence, ShownHead } from "./types.ts";

const ASK =
  "Tell the people you write to, and ask the administrator, neither of them by mail. Sending is " +
  "stopped until you have looked at it (mailsec log evidence) and dismissed it.";

/** A head and who showed it; of an invite the first bytes of the root only. */
export function shownHead(
  by: string,
  { size, root, note }: { size: number; root: Bytes; note?: string },
): ShownHead {
  return { by, size, root: toHex(root), note: note === undefined || note === "" ? null : note };
}

/** The server's log is another one than a head says that this user has verified, or was given. */
export function forked(heads: readonly ShownHead[]): Finding {
  return finding("log_fork", {
    message:
      "The server shows you another list of everybody's keys than before: it has signed two " +
      "lists that contradict each other.",
    hint: `Its data was replaced, or somebody wants to give you wrong keys. ${ASK}`,
    heads,
  });
}

/** Two verified heads of this device contradict each other. */
export function conflicting({ known, other }: Conflict): Finding {
  return forked([shownHead("device", known), shownHead("server", other)]);
}

export function shortened(heads: readonly ShownHead[]): Finding {
  return finding("log_rollback", {
    message: `The server's list of everybody's keys has become shorter: ${sizes(heads)}.`,
    hint: "A backup may have been restored, or somebody wants changes of keys to be forgotten. " +
      ASK,
    heads,
  });
}

/** An invite, or a mail, names a head that the server does not come up to. */
export function withheld(heads: readonly ShownHead[], mail: Finding["mail"] = null): Finding {
  const who = mail === null ? "Your invite" : mail.from;
  return finding("log_withheld", {
    message: `${who} knows more of the server's list of everybody's keys than the server shows ` +
      `you: ${sizes(heads)}.`,
    hint: "The server keeps changes of keys from you" +
      (mail === null ? "" : `, or the program of ${mail.from} is not honest`) + `. ${ASK}`,
    heads,
    mail,
  });
}

/** Somebody's mail says that the sender sees another log. */
export function forkedMail(
  heads: readonly ShownHead[],
  mail: { id: string; from: string },
): Finding {
  return finding("log_fork", {
    message: `The server shows ${mail.from} another list of everybody's keys than you.`,
    hint: "One of you may be given wrong keys, or the program of " +
      `${mail.from} is not honest: compare your key logs in person. ${ASK}`,
    heads,
    mail,
  });
}

/** The invite's sender is nowhere in the log. */
export function inviterMissing(heads: readonly ShownHead[]): Finding {
  return finding("log_fork", {
    message:
      "The keys of the person who invited you are not in the list that the server shows you.",
    hint: `It may be another list than the one that this person sees. ${ASK}`,
    heads,
  });
}

export function foreignEntries(
  { entries, records, heads }: {
    entries: readonly LogEntry[];
    records: readonly Bytes[];
    heads: readonly ShownHead[];
  },
): Finding {
  return finding("own_entry", {
    message: "The server's list has keys in your name that you have not made.",
    hint:
      "Mail to you may be read by somebody else. Do not use this server until it is explained; " +
      `warn the people who write to you. ${ASK}`,
    heads,
    entries,
    records,
  });
}

/** The directory gives others another identity of this user than the one that this user has. */
export function otherKeysForMe(
  { records, entries, heads }: {
    records: readonly Bytes[];
    entries: readonly LogEntry[];
    heads: readonly ShownHead[];
  },
): Finding {
  return finding("own_identity", {
    message: "The server gives other people wrong keys for you.",
    hint: "Mail to you may be read by somebody else. Do not use this server until its " +
      `administrator has explained it; warn the people who write to you. ${ASK}`,
    heads,
    entries,
    records,
  });
}

/** @param own Whether they are this user's: then it is this user's key that is not in the log. */
export function unlogged(
  user: string,
  { records, entries, heads, own = false }: {
    records: readonly Bytes[];
    entries: readonly LogEntry[];
    heads: readonly ShownHead[];
    own?: boolean;
  },
): Finding {
  return finding("unlogged_keys", {
    message: own
      ? "Your keys are not in the server's list of everybody's keys."
      : `The server gives keys of ${user} that are not the newest ones in its list, or not in it.`,
    hint: own
      ? `Other people cannot check them. ${ASK}`
      : `They may be somebody else's, and nothing is sealed to them. ${ASK}`,
    heads,
    entries,
    records,
  });
}

/** The error with which something stops because of a finding. */
export function alarmError({ code, message, hint }: Pick<Evidence, "code" | "message" | "hint">) {
  return new TrustError(code, message, { hint });
}

const ALARM_CODES: ReadonlySet<string> = new Set<AlarmCode>(
  ["log_fork", "log_rollback", "log_withheld", "own_entry", "own_identity", "unlogged_keys"],
);

/** Whether an error is that something was found, and so kept as evidence already. */
export function isAlarm(error: unknown): error is TrustError {
  return error instanceof TrustError && ALARM_CODES.has(error.code);
}

function sizes(heads: readonly ShownHead[]): string {
  return heads.map(({ by, size }) => `${size} entries (${by})`).join(", ");
}

function finding(
  code: AlarmCode,
  { message, hint, heads, mail = null, entries = [], records = [] }: {
    message: string;
    hint: string;
    heads: readonly ShownHead[];
    mail?: Finding["mail"];
    entries?: readonly LogEntry[];
    records?: readonly Bytes[];
  },
): Finding {
  return {
    code,
    message,
    hint,
    heads,
    mail,
    entries: entries.map(logLine),
    records: records.map((record) => record.toBase64()),
  };
}
