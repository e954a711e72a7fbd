/**
 * Names of the files of a Maildir: `SECONDS.HASH.mailsec:2,FLAGS`, of mails that would have the
 * same name all but the first `SECONDS.HASH-2.mailsec:2,FLAGS`. HASH is the mail's content's. The
 * flags, in the order of ASCII: D draft, F flagged, P passed on, R replied, S seen, T trashed.
 */

import type { MailKey } from "../mail_key.ts";
import { keyText, parseKey } from "../mail_key.ts";
import type { MailMarks, TransferFlag } from "../types.ts";

const FLAG_LETTERS: Readonly<Record<TransferFlag, string>> = {
  flagged: "F",
  forwarded: "P",
  answered: "R",
  read: "S",
};

const LETTERS = /^[A-Za-z]*$/;
/** Dates after this are not dates: names may begin with any number. */
const MAX_SECONDS = 32_503_680_000;

/** The letters of a mail's flags, in their order. */
export function flagLetters({ flags, isDraft, isTrashed }: MailMarks): string {
  const letters = [...flags].map((flag) => FLAG_LETTERS[flag]);
  if (isDraft) letters.push("D");
  if (isTrashed) letters.push("T");
  return letters.sort().join("");
}

/** What letters mean; those that are not known are keywords of other programs. */
export function marksOfLetters(letters: string): Omit<MailMarks, "folders"> {
  const flags = (Object.keys(FLAG_LETTERS) as TransferFlag[]).filter((flag) =>
    letters.includes(FLAG_LETTERS[flag])
  );
  return {
    flags: new Set(flags),
    isDraft: letters.includes("D"),
    isTrashed: letters.includes("T"),
  };
}

export function maildirFileName(key: MailKey, marks: MailMarks): string {
  return `${keyText(key, (seconds) => String(seconds))}.mailsec:2,${flagLetters(marks)}`;
}

/** What the name of a file in a Maildir says. */
export interface MaildirFileName {
  /** Null when another program has made it. */
  readonly key: MailKey | null;
  /** ms since the epoch, as the first number says; null when that is none. */
  readonly date: number | null;
  readonly letters: string;
}

export function parseMaildirFileName(name: string): MaildirFileName {
  const [unique, info] = splitLast(name, ":2,");
  const letters = info !== null && LETTERS.test(info) ? info : "";
  const ours = /^(\d{1,12})\.([0-9a-f]{16}(?:-\d{1,6})?)\.mailsec$/.exec(unique);
  const seconds = Number(/^(\d{1,12})\./.exec(unique)?.[1] ?? NaN);
  return {
    key: ours === null ? null : parseKey(seconds, ours[2]!),
    date: seconds <= MAX_SECONDS || ours !== null ? seconds * 1000 : null,
    letters,
  };
}

function splitLast(text: string, separator: string): [string, string | null] {
  const at = text.lastIndexOf(separator);
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)];
}
