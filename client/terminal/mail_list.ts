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
  /** Width of the terminal, in columns. */
  readonly width: number;
  readonly style: Style;
}

const UNREAD = "*";
const SUSPECT = "!";
/** For unverified keys where there is no room for the word. */
const UNSURE = "?";
/** Narrower terminals get the day without the time, so that the title is not cut to nothing. */
const LEAST_WIDTH_WITH_TIME = 64;
/** Length of `2026-11-23`. */
const DAY_CHARACTERS = 10;

/**
 * The lines of the table, headers first. Unread mails are marked `*`, those with something the
 * reader must know `!`: what it is stands below the table. Senders whose keys are not known to be
 * right are marked with a word, in a narrow terminal with `?` or `!`.
 */
export function mailListLines(
  items: readonly MailListItem[],
  { sent, width, style }: MailListOptions,
): string[] {
  const wide = width >= LEAST_WIDTH_WITH_TIME;
  const withKeys = wide && items.some(({ contact }) => stateMark(contact) !== "");
  const columns: Column[] = [
    { header: "INDEX", align: "right" },
    { header: " " },
    { header: sent ? "TO" : "FROM", min: 4 },
    ...(withKeys ? [{ header: "KEYS" }] : []),
    { header: "DATE" },
    { header: "TITLE", min: 6 },
    { header: "SIZE", align: "right" },
  ];
  const dateLength = wide ? undefined : DAY_CHARACTERS;
  const rows = items.map((item) => [
    String(item.index),
    mark(item, wide),
    sent ? item.to.join(", ") : item.from,
    ...(withKeys ? [stateMark(item.contact)] : []),
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

function mark(item: MailListItem, wide: boolean): string {
  const { contact, rejected, warnings, unread } = item;
  const known = contact === null || !blocksSending(contact);
  const suspect = rejected !== undefined || warnings.length > 0 || !known;
  const unsure = !wide && !suspect && stateMark(contact) !== "";
  return (unread ? UNREAD : "") + (suspect ? SUSPECT : "") + (unsure ? UNSURE : "");
}

function warningLines(items: readonly MailListItem[], style: Style): string[] {
  return items.flatMap((item) =>
    item.warnings.map((warning) => style.yellow(`${SUSPECT} ${item.index}: ${escapeLine(warning)}`))
  );
}
