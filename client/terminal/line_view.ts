/** How a question and the line being edited are drawn: always in one row of the terminal. */

import { escapeLine } from "../../cli/escape.ts";
import { splitGraphemes, textWidth, truncateToWidth } from "../../cli/text_width.ts";
import type { Line } from "./line_editor.ts";

export interface View {
  readonly question: string;
  /** Nothing of the line is shown, not even its length. */
  readonly secret: boolean;
  /** Width of the terminal, in columns. */
  readonly columns: number;
}

const CLEAR_ROW = "\r\x1b[K";

/**
 * What to write to draw the row anew, the cursor in its place. A line that is too long is shown in
 * part, around the cursor.
 */
export function drawRow(line: Line, view: View): string {
  const room = Math.max(8, view.columns - textWidth(view.question) - 1);
  // One column of the row stays free: writing the last one makes some terminals wrap.
  const question = truncateToWidth(view.question, Math.max(1, view.columns - 1 - 8));
  if (view.secret) return CLEAR_ROW + question;
  const { before, after } = visiblePart(line, room);
  const back = textWidth(after);
  return CLEAR_ROW + question + before + after + (back > 0 ? `\x1b[${back}D` : "");
}

/** What to write to a terminal that knows no escape sequences, after one change of the line. */
export function drawDumb(old: Line, line: Line, view: View): string {
  if (view.secret || (old.before === line.before && old.after === line.after)) return "";
  if (old.after === "" && line.after === "") {
    if (line.before.startsWith(old.before)) return escapeLine(line.before.slice(old.before.length));
    if (old.before.startsWith(line.before)) {
      const erased = textWidth(escapeLine(old.before.slice(line.before.length)));
      return "\b \b".repeat(erased);
    }
  }
  return `\r\n${view.question}${escapeLine(line.before + line.after)}`;
}

/** What is left of the cursor to fill the room, and at most a quarter of it on the right. */
function visiblePart(line: Line, room: number): Line {
  // Each column shows at least one code unit; those outside need not be looked at.
  const nearAfter = splitGraphemes(escapeLine(line.after.slice(0, room)));
  const wholeAfter = fit(nearAfter, Math.floor(room / 4));
  const nearBefore = splitGraphemes(escapeLine(line.before.slice(-room * 8)));
  const before = fit(nearBefore.reverse(), room - textWidth(wholeAfter.join(""))).reverse();
  const left = room - textWidth(before.join(""));
  return { before: before.join(""), after: fit(nearAfter, left).join("") };
}

/** As many of the characters, from the first on, as fit the columns. */
function fit(characters: readonly string[], columns: number): string[] {
  let width = 0;
  const fitting: string[] = [];
  for (const character of characters) {
    width += textWidth(character);
    if (width > columns) break;
    fitting.push(character);
  }
  return fitting;
}
