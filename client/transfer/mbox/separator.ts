/**
 * The line before each mail of an mbox: `From ADDRESS DATE`, the date as C's asctime writes it, in
 * UTC: `From bob@example.org Tue Nov 24 03:51:32 2026`. A line that begins with "From " and has no
 * such date is text of the mail. docs/transfer.md, "mbox".
 *
 * Read, too: a zone before or after the year, seconds left out, and an address with blanks in
 * quotes, as other programs write them.
 */

import { addressOf } from "../address_text.ts";
import { fileDate } from "../dates.ts";

/** Greatest line that is looked at, in bytes: no address and date are longer. */
export const MAX_SEPARATOR_BYTES = 1024;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const ADDRESS = String.raw`(?:"(?:[^"\\]|\\.)*"[^\s"]*|[^\s"]\S*)`;
const ZONE = String.raw`(?: +(?<zone>[+-]\d{4}|[A-Z]{1,5}))?`;
const SEPARATOR = new RegExp(
  `^From ${ADDRESS} +(?:${DAYS.join("|")}),? +(?<month>${MONTHS.join("|")}) +(?<day>\\d{1,2}) +` +
    String.raw`(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d))?` +
    `${ZONE} +(?<year>\\d{4})${ZONE.replace("zone", "zoneAfter")} *\r?$`,
);

/** The zones of RFC 5322 section 4.3, in hours; any other name counts as UTC. */
const ZONES: Readonly<Record<string, number>> = {
  ...{ EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 },
  ...{ CET: 1, CEST: 2, EET: 2, EEST: 3, WEST: 1, BST: 1 },
};

/**
 * The date of a separator, in ms since the epoch; null when the line is none.
 *
 * @param line Without its line feed.
 */
export function separatorDate(line: Uint8Array): number | null {
  if (line.length > MAX_SEPARATOR_BYTES) return null;
  const match = SEPARATOR.exec(new TextDecoder("latin1").decode(line));
  const found = match?.groups;
  if (found === undefined) return null;
  const [day, hour, minute, second] = [found.day, found.hour, found.minute, found.second ?? 0]
    .map(Number) as [number, number, number, number];
  const month = MONTHS.indexOf(found.month!);
  const date = new Date(0);
  date.setUTCFullYear(Number(found.year), month, day);
  // The 31st of April would be the 1st of May; a leap second is one.
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month) return null;
  if (hour > 23 || minute > 59 || second > 60) return null;
  date.setUTCHours(hour, minute, second);
  return date.getTime() - offsetMs(found.zone ?? found.zoneAfter);
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined) return 0;
  const numeric = /^([+-])(\d\d)(\d\d)$/.exec(zone);
  if (numeric === null) return (ZONES[zone] ?? 0) * 3_600_000;
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
  return (numeric[1] === "-" ? -minutes : minutes) * 60_000;
}

/**
 * A separator, with its line feed.
 *
 * @param from The sender as the mailbox shows it.
 * @param date ms since the epoch; the part of a second is lost.
 */
export function separatorLine(from: string, date: number): string {
  return `From ${addressOf(from)} ${asctime(date)}\n`;
}

/** `Tue Nov  3 03:51:32 2026`, in UTC. */
function asctime(ms: number): string {
  const date = new Date(fileDate(ms));
  const day = String(date.getUTCDate()).padStart(2);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const time = date.toISOString().slice(11, 19);
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${time} ${year}`;
}
