/** Dates as they are typed, in the time zone of whoever types them. */

import type { TimeSpan } from "./query.ts";

const DAY = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const MONTH = /^(\d{4})-(\d{1,2})$/;
const YEAR = /^(\d{4})$/;
const AGO = /^(\d{1,4})(h|d|w|m|y)$/;
const HOUR_MS = 3_600_000;

/**
 * The day, month or year that is named, or that many hours, days, weeks, months or years ago up to
 * now: `2026-11-24`, `2026-11`, `2026`, `today`, `yesterday`, `7d`. Null for anything else.
 */
export function timeSpan(text: string, now: number): TimeSpan | null {
  const lower = text.toLowerCase();
  const today = new Date(now);
  const [year, month, day] = [today.getFullYear(), today.getMonth(), today.getDate()];
  if (lower === "today") return span([year, month, day], [year, month, day + 1]);
  if (lower === "yesterday") return span([year, month, day - 1], [year, month, day]);
  const ago = AGO.exec(lower);
  if (ago !== null) return spanAgo(Number(ago[1]), ago[2]!, now);
  return namedDay(lower) ?? namedMonth(lower) ?? namedYear(lower);
}

function namedDay(text: string): TimeSpan | null {
  const [year, month, day] = DAY.exec(text)?.slice(1).map(Number) ?? [];
  if (year === undefined) return null;
  const date = new Date(year, month! - 1, day!);
  const isReal = date.getMonth() === month! - 1 && date.getDate() === day;
  return isReal ? span([year, month! - 1, day!], [year, month! - 1, day! + 1]) : null;
}

function namedMonth(text: string): TimeSpan | null {
  const [year, month] = MONTH.exec(text)?.slice(1).map(Number) ?? [];
  if (year === undefined || month! < 1 || month! > 12) return null;
  return span([year, month! - 1, 1], [year, month!, 1]);
}

function namedYear(text: string): TimeSpan | null {
  const year = YEAR.exec(text)?.[1];
  return year === undefined ? null : span([Number(year), 0, 1], [Number(year) + 1, 0, 1]);
}

function spanAgo(count: number, unit: string, now: number): TimeSpan {
  const from = new Date(now);
  if (unit === "h") from.setTime(now - count * HOUR_MS);
  if (unit === "d") from.setDate(from.getDate() - count);
  if (unit === "w") from.setDate(from.getDate() - 7 * count);
  if (unit === "m") from.setMonth(from.getMonth() - count);
  if (unit === "y") from.setFullYear(from.getFullYear() - count);
  return { from: from.getTime(), to: Infinity };
}

type Day = readonly [year: number, month: number, day: number];

function span(from: Day, to: Day): TimeSpan {
  return { from: midnight(from), to: midnight(to) };
}

function midnight([year, month, day]: Day): number {
  const date = new Date(2000, 0, 1);
  // Years below 100 are those of the first century here.
  date.setFullYear(year, month, day);
  return date.getTime();
}
