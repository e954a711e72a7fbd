/** Generated pass phrases: words from the Diceware list of the EFF (7,776 words). */

import { MailsecError } from "../crypto/errors.ts";

/** Six words are 77 bits: out of reach even for the operator, who can guess without being asked. */
const WORDS = 6;
const LEAST_LIST_LENGTH = 7776;

/** Six words drawn at random, joined by "-". */
export async function generatePassphrase(): Promise<string> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  const list = dictionary["diceware-common"];
  if (!Array.isArray(list) || list.length < LEAST_LIST_LENGTH) {
    throw new MailsecError("internal", "The list of words for pass phrases is incomplete.");
  }
  const words: string[] = [];
  while (words.length < WORDS) words.push(String(list[randomBelow(list.length)]));
  return words.join("-");
}

/** A uniform number below `bound`: draws that would favour the low numbers are thrown away. */
function randomBelow(bound: number): number {
  const fair = Math.floor(2 ** 32 / bound) * bound;
  const draw = new Uint32Array(1);
  do crypto.getRandomValues(draw); while (draw[0]! >= fair);
  return draw[0]! % bound;
}
