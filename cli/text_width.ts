/** How wide text is in a terminal, and how to cut and wrap it by that width. */

import stringWidth from "string-width";

const PLAIN = /^[\x20-\x7E]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Columns that the text takes: 2 for wide East Asian characters and emoji, 0 for what combines. */
export function textWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** What a reader takes for single characters. */
export function splitGraphemes(text: string): string[] {
  if (PLAIN.test(text)) return text.split("");
  return Array.from(graphemes.segment(text), (part) => part.segment);
}

/** The text, cut at a character with `…` at its end when it is wider than so many columns. */
export function truncateToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let width = 0;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    width += textWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text filled up with blanks to so many columns, on the left for `right` alignment. */
export function padToWidth(text: string, columns: number, align: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, columns - textWidth(text)));
  return align === "left" ? text + blanks : blanks + text;
}
