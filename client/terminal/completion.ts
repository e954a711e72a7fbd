/** What Tab makes of a line: completes what is clear, and lists what is not. */

import { escapeLine } from "../../cli/escape.ts";
import { padToWidth, splitGraphemes, textWidth, truncateToWidth } from "../../cli/text_width.ts";
import type { Line } from "./line_editor.ts";

export interface Candidate {
  readonly text: string;
  /** What follows it once it is the only one: a blank after a name, nothing after a folder. */
  readonly end: string;
  /** What stands in the list of candidates; the text itself unless said. */
  readonly shown?: string;
}

/** What could stand where the cursor is. */
export interface Completion {
  /** UTF-16 units before the cursor whose place a candidate takes. */
  readonly replaces: number;
  readonly candidates: readonly Candidate[];
}

/** Finds what could complete the text before the cursor. */
export type Completer = (before: string) => Promise<Completion>;

export const NO_COMPLETION: Completion = { replaces: 0, candidates: [] };

export interface Completed {
  readonly line: Line;
  /** What to choose from, when the line could not be completed. */
  readonly choices: readonly string[];
}

/** Candidates listed at once; more are only counted. */
const MAX_CHOICES = 60;
const GAP = 2;

/** Puts the only candidate, or what all of them begin with, into the line. */
export function completeLine({ before, after }: Line, completion: Completion): Completed {
  const { replaces, candidates } = completion;
  const kept = before.slice(0, before.length - replaces);
  const typed = before.slice(before.length - replaces);
  const [first] = candidates;
  if (first === undefined) return { line: { before, after }, choices: [] };
  if (candidates.length === 1) {
    const end = after.startsWith(first.end) ? "" : first.end;
    return { line: { before: kept + first.text + end, after }, choices: [] };
  }
  const common = commonStart(candidates.map(({ text }) => text));
  const longer = common.length >= typed.length && common !== typed;
  const line = { before: longer ? kept + common : before, after };
  const shown = longer ? [] : candidates.map(({ text, shown }) => shown ?? text);
  return { line, choices: shown };
}

/** The candidates among those given that begin with what was typed, in whatever case. */
export function beginningWith(
  typed: string,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const start = typed.toLowerCase();
  return candidates.filter(({ text }) => text.toLowerCase().startsWith(start));
}

/** What all the texts begin with, in whole characters. */
function commonStart([first = "", ...others]: readonly string[]): string {
  let common = "";
  for (const character of splitGraphemes(first)) {
    const longer = common + character;
    if (!others.every((other) => other.startsWith(longer))) break;
    common = longer;
  }
  return common;
}

/** Choices in columns, as many as fit the width; escaped. */
export function choiceLines(choices: readonly string[], width: number): string[] {
  const shown = choices.slice(0, MAX_CHOICES)
    .map((text) => truncateToWidth(escapeLine(text), Math.max(8, width - 1)));
  const column = Math.max(...shown.map(textWidth), 0) + GAP;
  const perLine = Math.max(1, Math.floor((width - 1 + GAP) / column));
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += perLine) {
    const row = shown.slice(at, at + perLine);
    lines.push(row.map((text) => padToWidth(text, column, "left")).join("").trimEnd());
  }
  const more = choices.length - shown.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}
