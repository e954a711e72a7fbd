/** The key log and what was found wrong in it, for people. */

import { escapeLine } from "../../cli/escape.ts";
import type { Style } from "../../cli/style.ts";
import { renderTable } from "../../cli/table.ts";
import type { LogEntryType } from "../../crypto/log_entry.ts";
import type { Evidence, LogLine, ShownHead } from "../key_log/types.ts";
import { formatDate } from "./format.ts";

const EVENTS: Readonly<Record<LogEntryType, string>> = {
  first: "joined",
  rotate: "made new keys, signed with the old ones",
  reset: "joined again, with new keys",
  vouch: "was vouched for",
  disabled: "was disabled",
  enabled: "was enabled again",
  removed: "was removed",
  admin_granted: "became an administrator",
  admin_revoked: "is no administrator any more",
  account_reset: "was reset by an administrator",
};

/** What happened, as the rest of a sentence that begins with the name. */
export function eventWords(type: LogEntryType): string {
  return EVENTS[type];
}

/** Narrower terminals get the day without the time. */
const LEAST_WIDTH_WITH_TIME = 60;
/** Length of `2026-11-23`. */
const DAY_CHARACTERS = 10;

/** The entries as a table, headers first. */
export function logLines(
  entries: readonly LogLine[],
  { width, style }: { width: number; style: Style },
): string[] {
  const dateLength = width < LEAST_WIDTH_WITH_TIME ? DAY_CHARACTERS : undefined;
  const columns = [
    { header: "ENTRY", align: "right" },
    { header: "DATE" },
    { header: "NAME", min: 6 },
    { header: "WHAT", min: 10 },
  ] as const;
  const rows = entries.map(({ seq, time, user, type }) => [
    String(seq),
    formatDate(time).slice(0, dateLength),
    user,
    eventWords(type),
  ]);
  return renderTable(columns, rows, { width, headerStyle: style.dim });
}

/** One finding with all that proves it, a line each. */
export function evidenceLines(found: Evidence, style: Style): string[] {
  const state = found.dismissed === null
    ? style.yellow("sending is stopped")
    : `looked at ${formatDate(found.dismissed)}`;
  return [
    `${style.bold(`Number ${found.id}`)}, noticed ${formatDate(found.time)}, ${state}`,
    `  ${style.yellow(escapeLine(found.message))}`,
    ...found.hint.split("\n").map((line) => `  ${escapeLine(line)}`),
    ...found.heads.map((head) => `  ${escapeLine(headWords(head))}`),
    ...(found.mail === null
      ? []
      : [`  Seen in the mail ${escapeLine(found.mail.id)} from ${escapeLine(found.mail.from)}`]),
    ...found.entries.map(({ seq, time, user, type }) =>
      escapeLine(`  Entry ${seq}, ${formatDate(time)}: ${user} ${eventWords(type)}`)
    ),
  ];
}

/** Who showed a head, besides the senders of mails. */
const SHOWN_BY: ReadonlyMap<string, string> = new Map([
  ["server", "The server shows"],
  ["device", "This device had seen"],
  ["account", "Another device of yours had seen"],
  ["invite", "Your invite says"],
  ["receipt", "The server said when you joined"],
]);

function headWords({ by, size, root }: ShownHead): string {
  return `${SHOWN_BY.get(by) ?? `A mail from ${by} says`}: ${size} entries, root ${
    root.slice(0, 16)
  }…`;
}
