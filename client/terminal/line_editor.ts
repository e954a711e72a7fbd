/** The editing of one line, as a pure function from (line, key) to what comes of it. */

import { splitGraphemes } from "../../cli/text_width.ts";
import type { ControlKey, Key } from "./keys.ts";

/** A line and the cursor in it. */
export interface Line {
  /** What stands before the cursor. */
  readonly before: string;
  /** What stands after it. */
  readonly after: string;
  /** An earlier answer, offered: what is typed takes its place, any other key makes it the line. */
  readonly offered?: true;
}

/**
 * - `single`: the answer to a question. Line ends that are pasted become blanks: a paste never
 *   answers the questions that come after.
 * - `lines`: one line of a longer text. What is pasted is entered line by line.
 */
export type EditMode = "single" | "lines";

export type EditResult =
  | { readonly kind: "edited"; readonly line: Line }
  | { readonly kind: "submitted"; readonly text: string; readonly rest: readonly Key[] }
  | { readonly kind: "interrupted" }
  | { readonly kind: "ended" };

export const EMPTY_LINE: Line = { before: "", after: "" };

/** Characters looked at to find where the character next to the cursor begins: all emoji fit. */
const NEIGHBOURHOOD = 128;

export function applyKey(line: Line, key: Key, mode: EditMode): EditResult {
  if (key.kind === "control") return applyControl(line, key.key);
  if (line.offered) return applyKey(EMPTY_LINE, key, mode);
  if (key.kind === "text") return edited(line.before + key.text, line.after);
  if (mode === "single") {
    const text = key.text.replace(/\n+$/, "").replaceAll("\n", " ");
    return edited(line.before + text, line.after);
  }
  const end = key.text.indexOf("\n");
  if (end === -1) return edited(line.before + key.text, line.after);
  const rest = { kind: "paste", text: key.text.slice(end + 1) + line.after } as const;
  return {
    kind: "submitted",
    text: line.before + key.text.slice(0, end),
    rest: rest.text === "" ? [] : [rest],
  };
}

function applyControl({ before, after }: Line, key: ControlKey): EditResult {
  switch (key) {
    case "enter":
      return { kind: "submitted", text: before + after, rest: [] };
    case "interrupt":
      return { kind: "interrupted" };
    case "endOfInput":
      return before + after === "" ? { kind: "ended" } : edited(before, withoutFirst(after));
    case "backspace":
      return edited(withoutLast(before), after);
    case "delete":
      return edited(before, withoutFirst(after));
    case "left":
      return moved(before, after, withoutLast(before).length);
    case "right":
      return moved(before, after, before.length + after.length - withoutFirst(after).length);
    case "wordLeft":
      return moved(before, after, withoutLastWord(before).length);
    case "wordRight":
      return moved(before, after, before.length + (/^\s*\S*/.exec(after)?.[0].length ?? 0));
    case "home":
      return moved(before, after, 0);
    case "end":
      return moved(before, after, before.length + after.length);
    case "deleteWord":
      return edited(withoutLastWord(before), after);
    case "deleteToStart":
      return edited("", after);
    case "deleteToEnd":
      return edited(before, "");
    case "tab":
      // Where there is something to complete, the line does not get to see the key.
      return edited(`${before}\t`, after);
    case "redraw":
      return edited(before, after);
  }
}

function edited(before: string, after: string): EditResult {
  return { kind: "edited", line: { before, after } };
}

function moved(before: string, after: string, cursor: number): EditResult {
  const text = before + after;
  return edited(text.slice(0, cursor), text.slice(cursor));
}

/** Without the last character as readers see it: an emoji of seven code points goes as one. */
function withoutLast(text: string): string {
  const last = splitGraphemes(text.slice(-NEIGHBOURHOOD)).at(-1) ?? "";
  return text.slice(0, text.length - last.length);
}

function withoutFirst(text: string): string {
  const first = splitGraphemes(text.slice(0, NEIGHBOURHOOD))[0] ?? "";
  return text.slice(first.length);
}

function withoutLastWord(text: string): string {
  const blanks = text.trimEnd();
  return blanks.slice(0, blanks.length - (/\S*$/.exec(blanks)?.[0].length ?? 0));
}
