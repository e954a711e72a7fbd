/** What of a mail goes into the index. */

import type { MailRow } from "../index/mail_row.ts";
import type { Mail } from "../mailbox_types.ts";
import type { MailWords } from "./fts_table.ts";
import { peopleOf } from "./row_match.ts";
import { wordsOf } from "./words.ts";

/** Of a longer body only so much is searched, in UTF-16 units. */
export const MAX_SEARCHED_BODY = 256 * 1024;
/** Of the names of attachments together. */
const MAX_SEARCHED_NAMES = 16 * 1024;

/** @param mail Null when its content cannot be opened: then title and people are all there is. */
export function mailWords(row: MailRow, mail: Mail | null): MailWords {
  return {
    title: words(row.title),
    people: words(peopleOf(row)),
    attachments: words(mail === null ? "" : namesIn(mail).slice(0, MAX_SEARCHED_NAMES)),
    body: words(mail === null ? "" : bodyText(mail)),
  };
}

/** The text of a mail, as far as it is searched; that of a body that is no text is empty. */
export function bodyText({ body }: Mail): string {
  return body.kind === "text" ? body.text.slice(0, MAX_SEARCHED_BODY) : "";
}

function namesIn({ body, attachments }: Mail): string {
  const ofBody = body.kind === "binary" ? body.fileName ?? "" : "";
  return [ofBody, ...attachments.map(({ name }) => name)].join(" ");
}

function words(text: string): string {
  return wordsOf(text).join(" ");
}
