/**
 * Makes text from elsewhere safe to show: what would move the cursor, clear the screen, reorder the
 * line or hide in it becomes visible instead.
 *
 * - C0 control characters and DEL become their pictures (`ESC` → `␛`), so do line ends in one line.
 * - C1 control characters, bidirectional controls, line and paragraph separators and invisible
 *   format characters become `\u{…}`.
 * - Lone surrogates become U+FFFD.
 *
 * Joiners, variation selectors and the tag sequences of flags stay: emoji and scripts need them, and
 * they move nothing.
 */

const FLAG_TAGS = String.raw`\u{1F3F4}[\u{E0030}-\u{E007A}]{1,6}\u{E007F}`;
const UNSAFE = String.raw`[[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}` +
  String.raw`\u{FFF9}-\u{FFFB}]--[\u{200C}\u{200D}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]]`;
const FLAG_OR_UNSAFE = new RegExp(`(${FLAG_TAGS})|${UNSAFE}`, "gv");
/** What can be shown as it is and is by far the most common. */
const PLAIN = /^[\x20-\x7E]*$/;

/** Escapes a text that must stay on one line: titles, names, messages. */
export function escapeLine(text: string): string {
  return PLAIN.test(text) ? text : escape(text, () => false);
}

/** Escapes a text of several lines: line ends (CR LF too) and tabs stay. */
export function escapeText(text: string): string {
  const lines = text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text;
  return escape(lines, (character) => character === "\n" || character === "\t");
}

/**
 * A value as indented JSON that is safe in a terminal as well: what {@linkcode escapeLine} would
 * change is written as `\uXXXX`, which means the same to every reader of JSON.
 */
export function escapedJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return json.replace(FLAG_OR_UNSAFE, (character, flag) => {
    if (flag !== undefined || character === "\n") return character;
    return character.split("").map((unit) =>
      `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
    ).join("");
  });
}

function escape(text: string, keeps: (character: string) => boolean): string {
  return text.toWellFormed().replace(FLAG_OR_UNSAFE, (character, flag) => {
    if (flag !== undefined || keeps(character)) return character;
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7F) return "\u2421";
    return `\\u{${code.toString(16)}}`;
  });
}

/** As {@linkcode escapedJson}, on one line: for output of which each line is a value. */
export function escapedJsonLine(value: unknown): string {
  // Line ends within texts are escaped: those that are there are of the layout.
  return escapedJson(value).replace(/\n */g, "");
}
