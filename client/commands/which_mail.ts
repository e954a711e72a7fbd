/** Mails as they are named on a command line: an index, an id, or the first digits of an id. */

import { UsageError } from "../../cli/usage_error.ts";
import { NotFoundError } from "../errors.ts";
import type { Mailbox } from "../mailbox.ts";

const INDEX = /^[1-9]\d{0,14}$/;
const ID = /^[0-9a-f]{32}$/;
/** At least one letter: digits alone are an index. */
const ID_PREFIX = /^(?=.*[a-f])[0-9a-f]{4,31}$/;

/** Whether a word names a mail. */
export function isMailName(word: string): boolean {
  return [INDEX, ID, ID_PREFIX].some((form) => form.test(word.toLowerCase()));
}

/** @throws {UsageError} when it does not. */
export function checkMailName(word: string): void {
  if (isMailName(word)) return;
  throw new UsageError(
    `"${word}" is neither an index nor an id.`,
    "An index is a number from: mailsec list",
  );
}

/** The query that means this mail, wherever it is. */
export function queryOfName(word: string): string {
  const name = word.toLowerCase();
  return INDEX.test(name) ? `index:${name}` : `id:${name}`;
}

/**
 * The id of the one mail that is meant.
 *
 * @throws {NotFoundError} when there is none. @throws {UsageError} when there are several.
 */
export async function mailId(mailbox: Mailbox, word: string): Promise<string> {
  checkMailName(word);
  const name = word.toLowerCase();
  if (ID.test(name)) return name;
  const [item, other] = await mailbox.list({ query: queryOfName(name), limit: 2 });
  if (item === undefined) {
    const what = INDEX.test(name) ? `mail ${name}` : `mail whose id begins with "${name}"`;
    throw new NotFoundError(`There is no ${what} in this mailbox.`, {
      hint: "See: mailsec list, or for all folders: mailsec list in:anywhere",
    });
  }
  if (other !== undefined) {
    throw new UsageError(
      `Several mails have an id that begins with "${name}".`,
      "Give more of it.",
    );
  }
  return item.id;
}
