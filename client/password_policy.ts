/** Which passwords are good enough. */

export interface PasswordVerdict {
  readonly ok: boolean;
  /** zxcvbn's estimate, 0 (guessed at once) to 4. */
  readonly score: 0 | 1 | 2 | 3 | 4;
  /** Why it was refused, a sentence; absent when `ok`. */
  readonly reason?: string;
  /** What would help, sentences. */
  readonly suggestions: string[];
}

/**
 * Judges a new password; the names given count as guessable.
 * Loads its dictionaries at the first call (about 100 ms).
 */
export function judgePassword(_password: string, _names: string[]): Promise<PasswordVerdict> {
  throw new Error("skeleton");
}
