/** Wraps texts of one paragraph at blanks. */

import { textWidth } from "./text_width.ts";

/**
 * Breaks a paragraph into lines of at most `width` columns. A word that is longer gets a line of
 * its own.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/**
 * A message for a terminal: as it is when it fits, else broken at blanks, its further lines
 * indented.
 */
export function wrapMessage(text: string, width: number, indent: number): string[] {
  if (textWidth(text) <= width) return [text];
  const [first = "", ...rest] = wrap(text, Math.max(20, width - indent));
  return [/^ */.exec(text)![0] + first, ...rest.map((line) => " ".repeat(indent) + line)];
}

/**
 * Two columns: terms on the left, their wrapped descriptions on the right, aligned. A term that is
 * too wide stands on a line of its own.
 */
export function definitions(
  items: readonly (readonly [term: string, description: string])[],
  width: number,
): string[] {
  const indent = 2;
  const widest = Math.max(0, ...items.map(([term]) => term.length));
  const start = indent + Math.min(widest, 26) + 2;
  return items.flatMap(([term, description]) => {
    const wrapped = wrap(description, Math.max(20, width - start));
    const head = " ".repeat(indent) + term;
    if (head.length + 2 > start) {
      return [head, ...wrapped.map((line) => " ".repeat(start) + line)];
    }
    const [first = "", ...rest] = wrapped;
    return [
      (head.padEnd(start) + first).trimEnd(),
      ...rest.map((line) => " ".repeat(start) + line),
    ];
  });
}
