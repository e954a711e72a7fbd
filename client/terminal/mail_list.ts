/** A list of mails as a table. */

import { escapeLine } from "../../cli/escape.ts";
import type { Style } from "../../cli/style.ts";
import { type Column, renderTable } from "../../cli/table.ts";
import type { MailListItem } from "../mailbox_types.ts";
import { blocksSending, stateMark } from "./contact_words.ts";
import { formatDate, formatSize } from "./format.ts";

export interface MailListOptions {
  /** Shows whom a mail went to instead of whom it came from. */
  readonly sent: boolean;
  /** Shows the folder of each mail: for lists that are not of one folder. */
  readonly folders?: boolean;
  /** Width of the terminal, in columns. */
  readonly width: number;
  readonly style: Style;
}

const SUSPECT = "!";
/** For unverified keys where there is no room for the word. */
const UNSURE = "?";
/** Narrower terminals get the day without the time, so that the title is not cut to nothing. */
const LEAST_WIDTH_WITH_TIME = 64;
/** Narrower ones get the day without the year, and a shorter header. */
const LEAST_WIDTH_WITH_YEAR = 48;

/** What the marks in a list mean. */
export const MARKS: readonly (readonly [mark: string, meaning: string])[] = [
  ["*", "not read yet"],
  [SUSPECT, "something to know about it, said below the list"],
  [UNSURE, "nobody has compared the sender's fingerprint"],
  ["+", "flagged"],
  ["@", "has attachments"],
  ["r", "answered"],
  ["f", "forwarded"],
  ["d", "a draft, not sent yet"],
  ["i", "imported: its sender is what the file says, nothing proves it"],
];

/**
 * The lines of the table, headers first. Before the sender stand the marks: see `MARKS`. Senders
 * whose keys are not known to be right are marked with a word, in a narrow terminal with `?` or
 * `!`. Of folded threads the number of mails is shown.
 */
export function mailListLines(
  items: readonly MailListItem[],
  { sent, folders = false, width, style }: MailListOptions,
): string[] {
  const wide = width >= LEAST_WIDTH_WITH_TIME;
  const withKeys = wide && items.some(({ contact }) => stateMark(contact) !== "");
  const folded = items.some(({ threadCount = 1 }) => threadCount > 1);
  const narrow = width < LEAST_WIDTH_WITH_YEAR;
  const withCounts = folded && !narrow;
  const columns: Column[] = [
    { header: narrow ? "NO" : "INDEX", align: "right" },
    { header: " " },
    { header: sent ? "TO" : "FROM", min: 4 },
    ...(withKeys ? [{ header: "KEYS" }] : []),
    ...(folders ? [{ header: "FOLDER", min: 4 }] : []),
    { header: "DATE" },
    ...(withCounts ? [{ header: "N", align: "right" } as const] : []),
    { header: "TITLE", min: narrow ? 4 : 6 },
    { header: "SIZE", align: "right" },
  ];
  const marks = marksOf(items, wide);
  const rows = items.map((item, row) => [
    String(item.index),
    marks[row]!,
    sent ? item.to.join(", ") : item.from,
    ...(withKeys ? [stateMark(item.contact)] : []),
    ...(folders ? [item.folderName] : []),
    shortDate(item.date, width),
    ...(withCounts ? [String(item.threadCount ?? 1)] : []),
    (folded && narrow ? `(${item.threadCount ?? 1}) ` : "") + titleOf(item),
    formatSize(item.size),
  ]);
  const table = renderTable(columns, rows, {
    width,
    headerStyle: style.dim,
    rowStyle: (line, row) => items[row]!.unread ? style.bold(line) : line,
  });
  return [...table, ...warningLines(items, style)];
}

function titleOf({ title, rejected }: MailListItem): string {
  return rejected === undefined ? title : `(rejected: ${rejected})`;
}

/** `2026-11-23 19:17`, `2026-11-23` or `11-23`. */
function shortDate(date: string, width: number): string {
  const shown = formatDate(date);
  if (width >= LEAST_WIDTH_WITH_TIME) return shown;
  return shown.slice(width < LEAST_WIDTH_WITH_YEAR ? "2026-".length : 0, "2026-11-23".length);
}

/** The marks of each mail, those of one kind below each other; kinds that do not occur take no room. */
function marksOf(items: readonly MailListItem[], wide: boolean): string[] {
  const slots = items.map((item) => [
    item.unread ? "*" : "",
    trustMark(item, wide),
    item.flags.includes("flagged") ? "+" : "",
    item.attachments > 0 ? "@" : "",
    item.flags.includes("answered") ? "r" : item.flags.includes("forwarded") ? "f" : "",
    item.kind === "draft" ? "d" : item.kind === "import" ? "i" : "",
  ]);
  const used = (slots[0] ?? []).map((_, at) => slots.some((marks) => marks[at] !== ""));
  return slots.map((marks) =>
    marks.filter((_, at) => used[at]).map((mark) => mark || " ").join("").trimEnd()
  );
}

function trustMark({ contact, rejected, warnings }: MailListItem, wide: boolean): string {
  const known = contact === null || !blocksSending(contact);
  if (rejected !== undefined || warnings.length > 0 || !known) return SUSPECT;
  return !wide && stateMark(contact) !== "" ? UNSURE : "";
}

function warningLines(items: readonly MailListItem[], style: Style): string[] {
  return items.flatMap((item) =>
    item.warnings.map((warning) => style.yellow(`${SUSPECT} ${item.index}: ${escapeLine(warning)}`))
  );
}
