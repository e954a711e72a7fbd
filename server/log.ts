/**
 * The server's log: one line an event, as text or as JSON.
 *
 * Never in it: a secret, a key, a token, an invite, a title. What an event carries are numbers,
 * switches and short texts; fields whose name says that they hold a secret, and texts that look like
 * an invite, are blotted out in case somebody passes one by mistake. Control characters are escaped.
 */

import { escapedJson, escapeLine } from "../cli/escape.ts";

export type LogFormat = "text" | "json";
export type LogLevel = "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Takes what happened: `event` is a stable word, the fields say to whom and how much. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Longest text of a field, in characters. */
const MAX_FIELD_CHARACTERS = 300;
const BLOTTED = "[removed]";
const SECRET_NAME = /secret|password|passphrase|token|key|invite|title|subject|body|mail_text/i;
const INVITE = /mailsec:\/\/\S+/gi;

export interface LogOptions {
  readonly format: LogFormat;
  /** Takes a whole line, with its end. */
  readonly write: (line: string) => void;
  /** The time of day in ms since the epoch. */
  readonly now: () => number;
}

/** A log that writes every event at once. */
export function createLog(options: LogOptions): Log {
  const format = options.format === "json" ? jsonLine : textLine;
  function at(level: LogLevel) {
    return (event: string, fields: LogFields = {}) =>
      options.write(format({ time: iso(options.now()), level, event }, clean(fields)));
  }
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

interface Head {
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
}
type CleanFields = [name: string, value: string | number | boolean | null][];

function clean(fields: LogFields): CleanFields {
  const cleaned: CleanFields = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) cleaned.push([name, SECRET_NAME.test(name) ? BLOTTED : cut(value)]);
  }
  return cleaned;
}

function cut(value: string | number | boolean | null): string | number | boolean | null {
  if (typeof value !== "string") return value;
  const text = value.replace(INVITE, BLOTTED);
  return text.length > MAX_FIELD_CHARACTERS ? text.slice(0, MAX_FIELD_CHARACTERS) + "…" : text;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function textLine({ time, level, event }: Head, fields: CleanFields): string {
  const shown = fields.map(([name, value]) => ` ${name}=${shownValue(value)}`).join("");
  const mark = level === "info" ? "" : `${level.toUpperCase()} `;
  return `${time} ${mark}${event}${shown}\n`;
}

function shownValue(value: string | number | boolean | null): string {
  if (typeof value !== "string") return String(value);
  return /^[\w.:@/[\]-]+$/.test(value) ? value : `"${escapeLine(value).replaceAll('"', '\\"')}"`;
}

function jsonLine(head: Head, fields: CleanFields): string {
  const line = { ...head, ...Object.fromEntries(fields) };
  return escapedJson(line).replace(/\n\s*/g, " ") + "\n";
}
