/**
 * Words as the search knows them: of mails and of what is searched for, by one and the same rule.
 *
 * - Case and accents do not count ("Müller" is "muller", "STRASSE" is "straße").
 * - A word is a run of letters, digits and marks; anything else separates.
 * - Scripts that write no blanks between words (Chinese, Japanese, Thai…) are cut into characters,
 *   and a run of them is searched for as a phrase. Every emoji is a word.
 * - Of a word longer than MAX_WORD_LENGTH only so much counts.
 *
 * What goes to SQLite are only such words, with blanks between them; its tokenizer `ascii` has
 * nothing else left to do than to split there.
 */

/** UTF-16 units of a word that count: the lines of encoded data are words, too. */
export const MAX_WORD_LENGTH = 64;

const UNSPACED = String
  .raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}` +
  String.raw`\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}`;
const WORD = new RegExp(
  String.raw`\p{RI}{2}|[${UNSPACED}]|\p{Extended_Pictographic}|` +
    String.raw`[[\p{L}\p{N}\p{M}\p{Co}]--[${UNSPACED}\p{Variation_Selector}]]+`,
  "gv",
);
const ASCII_WORD = /[a-z0-9]+/g;
const NOT_ASCII = /[^\p{ASCII}]/u;
/**
 * Accents of Latin, Greek and Cyrillic letters, points and vowels of Hebrew and Arabic ones, which may
 * be left out; other scripts' marks are part of their words.
 */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/g;

/** The words of a text, in their order. */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  if (!NOT_ASCII.test(lower)) return (lower.match(ASCII_WORD) ?? []).map(cut);
  return (folded(lower).match(WORD) ?? []).map(cut);
}

function folded(lower: string): string {
  return lower.normalize("NFKD").replace(ACCENTS, "").normalize("NFC").replaceAll("ß", "ss");
}

function cut(word: string): string {
  // A pair of surrogates that is cut in two must not become something else on its way to UTF-8.
  return word.length <= MAX_WORD_LENGTH ? word : word.slice(0, MAX_WORD_LENGTH).toWellFormed();
}
