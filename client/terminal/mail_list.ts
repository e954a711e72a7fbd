/** A list of mails as a table. */

import { escapeLine } from "../../cli/escape.ts";
import type { Style } from "../../cli/style.ts";
import { renderTable } from "../../cli/table.ts";
import type { MailListItem } from "../mailbox_types.ts";
import { formatDate, formatSize } from "./format.ts";

export interface MailListOptions {
  /** Shows whom a mail went to instead of whom it came from. */
  readonly sent: boolean;
  /** Width of the terminal, in columns. */
  readonly width: number;
  readonly style: Style;
}

const UNREAD = "*";
const SUSPECT = "!";
/** Narrower terminals get the day without the time, so that the title is not cut to nothing. */
const LEAST_WIDTH_WITH_TIME = 64;
/** Length of `2026-11-23`. */
const DAY_CHARACTERS = 10;

/**
 * The lines of the table, headers first. Unread mails are marked `*`, those with something the
 * reader must know `!`: what it is stands below the table.
 */
export function mailListLines(
  items: readonly MailListItem[],
  { sent, width, style }: MailListOptions,
): string[] {
  const columns = [
    { header: "INDEX", align: "right" },
    { header: " " },
    { header: sent ? "TO" : "FROM", min: 4 },
    { header: "DATE" },
    { header: "TITLE", min: 6 },
    { header: "SIZE", align: "right" },
  ] as const;
  const dateLength = width < LEAST_WIDTH_WITH_TIME ? DAY_CHARACTERS : undefined;
  const rows = items.map((item) => [
    String(item.index),
    mark(item),
    sent ? item.to.join(", ") : item.from,
    formatDate(item.date).slice(0, dateLength),
    item.rejected === undefined ? item.title : `(rejected: ${item.rejected})`,
    formatSize(item.size),
  ]);
  const table = renderTable(columns, rows, {
    width,
    headerStyle: style.dim,
    rowStyle: (line, row) => items[row]!.unread ? style.bold(line) : line,
  });
  return [...table, ...warningLines(items, style)];
}

function mark(item: MailListItem): string {
  const suspect = item.rejected !== undefined || item.warnings.length > 0;
  return (item.unread ? UNREAD : "") + (suspect ? SUSPECT : "");
}

function warningLines(items: readonly MailListItem[], style: Style): string[] {
  return items.flatMap((item) =>
    item.warnings.map((warning) => style.yellow(`${SUSPECT} ${item.index}: ${escapeLine(warning)}`))
  );
}
