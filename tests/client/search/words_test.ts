import { assert, assertEquals } from "@std/assert";
import { MAX_WORD_LENGTH, wordsOf } from "../../../client/search/words.ts";

const CASES: [what: string, text: string, words: string[]][] = [
  ["case and accents", "Müller MULLER e\u0301a Ångström", ["muller", "muller", "ea", "angstrom"]],
  ["sharp s", "STRASSE straße", ["strasse", "strasse"]],
  ["dotted capital I", "İstanbul", ["istanbul"]],
  ["punctuation", "don't foo-bar_x bob@x.org", ["don", "t", "foo", "bar", "x", "bob", "x", "org"]],
  ["ligatures", "ﬁne", ["fine"]],
  ["Chinese and Japanese", "明日の会議", ["明", "日", "の", "会", "議"]],
  ["voiced kana", "が か\u3099", ["が", "が"]],
  ["Thai", "ภา", ["ภ", "า"]],
  ["Korean", "한국어 메일", ["한국어", "메일"]],
  ["Devanagari keeps its marks", "हिन्दी", ["हिन्दी"]],
  ["Hebrew points", "שָׁלוֹם שלום", ["שלום", "שלום"]],
  ["Arabic vowels", "العَرَبِيَّة العربية", ["العربية", "العربية"]],
  ["emoji, newer ones too", "party🎉🤔 ❤️", ["party", "🎉", "🤔", "❤"]],
  ["flags", "🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]],
  ["query syntax", '" OR * NEAR(a b) {title}: ^x', ["or", "near", "a", "b", "title", "x"]],
  ["nothing", " \t\0*\"'()[]{}:;,.-+^~", []],
];

for (const [what, text, words] of CASES) {
  Deno.test(`search words: ${what}`, () => assertEquals(wordsOf(text), words));
}

Deno.test("search words: of a long one only so much counts, and no surrogate is cut in two", () => {
  assertEquals(wordsOf("x".repeat(10_000)), ["x".repeat(MAX_WORD_LENGTH)]);
  const wide = "𝒳".normalize("NFKD") === "X" ? "𐐀" : "𝒳";
  for (const shift of ["", "y"]) {
    const [word] = wordsOf(shift + wide.repeat(100));
    assert(word!.isWellFormed());
    assert(word!.length <= MAX_WORD_LENGTH);
  }
});

Deno.test("search words: a text and its words have the same words", () => {
  for (const [, text] of CASES) {
    const words = wordsOf(text);
    assertEquals(wordsOf(words.join(" ")), words);
  }
});
