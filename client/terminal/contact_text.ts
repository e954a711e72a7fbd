/** One contact as it is displayed. */

import { escapeLine } from "../../cli/escape.ts";
import type { Style } from "../../cli/style.ts";
import { wrap } from "../../cli/wrap.ts";
import type { ContactInfo } from "../contact_types.ts";
import { contactNotes } from "./contact_list.ts";
import { blocksSending, listed, stateMark, stateSentences } from "./contact_words.ts";
import { formatDate } from "./format.ts";

export interface ContactTextOptions {
  /** Width of the terminal, in columns. */
  readonly width: number;
  readonly style: Style;
}

const INDENT = 13;
/** Length of four groups of four with their dashes. */
const HALF_CHARACTERS = 19;
/** Length of `2026-11-23`. */
const DAY_CHARACTERS = 10;

/** Everything that is known of somebody's keys, ending with a line end. */
export function contactText(contact: ContactInfo, options: ContactTextOptions): string {
  const { width, style } = options;
  const field = (name: string, lines: readonly string[]) =>
    lines.map((line, at) =>
      (at === 0 ? style.dim(`${name}:`.padEnd(INDENT)) : " ".repeat(INDENT)) + line
    );
  const fingerprint = (text: string) => fingerprintLines(text, width - INDENT).map(style.bold);
  const { user, state, pinned, vouchedBy, epoch, since } = contact;
  const notes = contactNotes({ ...contact, vouchedBy: [] });
  const mark = contact.isMe ? "" : stateMark(state) || state;
  const sentences = stateSentences(contact).flatMap((line) =>
    wrap(escapeLine(line), Math.max(24, width))
  );
  const lines = [
    ...field("Name", [escapeLine([user, ...notes].join(", "))]),
    ...field("Fingerprint", fingerprint(contact.fingerprint)),
    ...(pinned !== null && pinned !== contact.fingerprint
      ? field("You knew", fingerprintLines(pinned, width - INDENT))
      : []),
    ...(mark === "" ? [] : field("State", [blocksSending(state) ? style.yellow(mark) : mark])),
    ...(vouchedBy.length > 0 ? field("Vouched by", [escapeLine(listed(vouchedBy))]) : []),
    ...field("Keys", [keyAge(epoch, since)]),
    "",
    ...sentences,
  ];
  return `${lines.join("\n")}\n`;
}

/** A fingerprint or a code in one line, or in lines of whole groups where it does not fit. */
export function fingerprintLines(fingerprint: string, width: number): string[] {
  const safe = escapeLine(fingerprint);
  if (width >= safe.length) return [safe];
  const perLine = width >= HALF_CHARACTERS ? 4 : 2;
  const groups = safe.split("-");
  const lines: string[] = [];
  for (let at = 0; at < groups.length; at += perLine) {
    lines.push(groups.slice(at, at + perLine).join("-"));
  }
  return lines;
}

function keyAge(epoch: number, since: string | null): string {
  const which = epoch === 1 ? "the first" : `number ${epoch} of this name`;
  return since === null ? which : `${which}, since ${formatDate(since).slice(0, DAY_CHARACTERS)}`;
}
