/**
 * Which passwords are good enough. The password is all that stands between the server's operator
 * and the mailbox (CRYPTO: no device secret by default), so a weak one is refused, not frowned at.
 */

/** zxcvbn's estimate from which a password is taken: 10^8 to 10^10 guesses. */
const LEAST_SCORE = 3;
/** Only so much is judged: zxcvbn's time grows with the square of the length. */
const JUDGED_CHARACTERS = 128;

export interface PasswordVerdict {
  readonly ok: boolean;
  /** zxcvbn's estimate, 0 (guessed at once) to 4. */
  readonly score: number;
  /** Why it was refused, a sentence; absent when `ok`. */
  readonly reason?: string;
  /** What would help, sentences. */
  readonly suggestions: string[];
}

/** zxcvbn's warning keys as sentences. */
const REASONS: Readonly<Record<string, string>> = {
  straightRow: "A straight row of keys is easy to guess.",
  keyPattern: "A short pattern on the keyboard is easy to guess.",
  simpleRepeat: 'Repeats like "aaa" are easy to guess.',
  extendedRepeat: 'Repeats like "abcabcabc" are only slightly harder to guess than "abc".',
  sequences: 'Sequences like "abc" or "6543" are easy to guess.',
  recentYears: "Years are easy to guess.",
  dates: "Dates are easy to guess.",
  topTen: "This is one of the ten most used passwords.",
  topHundred: "This is one of the hundred most used passwords.",
  common: "This is a much used password.",
  similarToCommon: "This is close to a much used password.",
  wordByItself: "A single word is easy to guess.",
  namesByThemselves: "A name by itself is easy to guess.",
  commonNames: "Common names are easy to guess.",
  userInputs: "It must not be made of your name or the server's.",
};

const SUGGESTIONS: Readonly<Record<string, string>> = {
  l33t: 'Predictable substitutions like "@" for "a" do not help much.',
  reverseWords: "Reversed words are not much harder to guess.",
  allUppercase: "Capital letters throughout do not help much.",
  capitalization: "A capital first letter does not help much.",
  dates: "Avoid dates and years that have to do with you.",
  recentYears: "Avoid recent years.",
  associatedYears: "Avoid years that have to do with you.",
  sequences: "Avoid sequences.",
  repeated: "Avoid repeated words and characters.",
  longerKeyboardPattern: "Use a longer pattern with more turns.",
  anotherWord: "Add more words that are less common.",
  useWords: "Use several words, but no common phrase.",
};

/**
 * Judges a new password. Loads its dictionaries at the first call (about 100 ms).
 *
 * @param names The user's name, the server's, and the like: parts of a password that count little.
 */
export async function judgePassword(
  password: string,
  names: readonly string[],
): Promise<PasswordVerdict> {
  if (password === "") {
    return { ok: false, score: 0, reason: "It is empty.", suggestions: [SUGGESTIONS.useWords!] };
  }
  const zxcvbn = await loadZxcvbn();
  const judged = [...password].slice(0, JUDGED_CHARACTERS).join("");
  const { score, feedback } = zxcvbn.check(judged, [...names, "mailsec"]);
  const ok = score >= LEAST_SCORE;
  const suggestions = feedback.suggestions.flatMap((key) => SUGGESTIONS[key] ?? []);
  if (ok) return { ok, score, suggestions };
  const reason = REASONS[feedback.warning ?? ""] ?? "It could be guessed too easily.";
  return { ok, score, reason, suggestions };
}

type Zxcvbn = InstanceType<typeof import("@zxcvbn-ts/core").ZxcvbnFactory>;
let loading: Promise<Zxcvbn> | undefined;

/** The estimator with its dictionaries, made once. */
function loadZxcvbn(): Promise<Zxcvbn> {
  loading ??= (async () => {
    const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
      import("@zxcvbn-ts/core"),
      import("@zxcvbn-ts/language-common"),
    ]);
    return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  })();
  return loading;
}
