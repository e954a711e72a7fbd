/** A mail as it stands in an mbox of ours: mboxrd, with lines that say folder and flags. */

import { type Bytes, concat, utf8 } from "../../../crypto/bytes.ts";
import type { MailToWrite } from "../types.ts";
import { marksBlock } from "./marks.ts";
import { quoteFrom } from "./quoting.ts";
import { separatorLine } from "./separator.ts";

const LINE_FEED = 0x0a;

/** Separator, lines of ours, the quoted mail with a line feed at its end, and an empty line. */
export function mboxText(mail: MailToWrite): Bytes {
  const { bytes } = mail;
  const end = bytes.at(-1) === LINE_FEED ? "\n" : "\n\n";
  return concat(
    utf8(separatorLine(mail.from, mail.date)),
    marksBlock(mail, bytes.length),
    quoteFrom(bytes),
    utf8(end),
  );
}
