/** A mail as it is displayed. */

import { escapeLine, escapeText } from "../../cli/escape.ts";
import type { Style } from "../../cli/style.ts";
import type { Mail } from "../mailbox_types.ts";
import { senderSentence } from "./contact_words.ts";
import { formatDate, formatSize } from "./format.ts";

/** What is to be known of a mail that nobody here has sent. */
const KINDS: Readonly<Record<Mail["kind"], string | null>> = {
  mail: null,
  draft: "A draft, not sent yet.",
  import: "Imported: nothing proves who wrote it.",
};

/** The whole mail, ending with a line end; nothing in it can move the cursor. */
export function mailText(mail: Mail, style: Style): string {
  const field = (name: string, value: string) =>
    `${style.dim(`${name}:`.padEnd(10))}${escapeLine(value)}`;
  const keys = senderSentence(mail.from, mail.contact);
  const lines = [
    field("From", mail.from),
    field("To", mail.to.join(", ")),
    ...(mail.cc.length > 0 ? [field("Cc", mail.cc.join(", "))] : []),
    ...(mail.bcc.length > 0 ? [field("Bcc", mail.bcc.join(", "))] : []),
    field("Date", formatDate(mail.date)),
    `${style.dim("Title:".padEnd(10))}${style.bold(escapeLine(mail.title))}`,
    field("Size", formatSize(mail.size)),
    ...(mail.folder === "inbox" ? [] : [field("Folder", mail.folderName)]),
    ...mail.attachments.map(({ name, type, size }, i) =>
      field("Attached", `${i + 1}) ${name} (${type}, ${formatSize(size)})`)
    ),
    ...(KINDS[mail.kind] === null ? [] : [field("Note", KINDS[mail.kind]!)]),
    ...(mail.fromHtml ? [field("Note", "The text of a mail in HTML; nothing was fetched.")] : []),
    ...(keys === null ? [] : [field("Keys", keys)]),
    ...mail.warnings.map((warning) => style.yellow(`Warning: ${escapeLine(warning)}`)),
    "",
  ];
  return `${lines.join("\n")}\n${bodyText(mail)}`;
}

function bodyText({ body, index }: Mail): string {
  if (body.kind === "binary") {
    const name = body.fileName === undefined ? "" : ` "${escapeLine(body.fileName)}"`;
    return `(The body${name} is no text: ${formatSize(body.bytes.length)}.\n` +
      ` To save it: mailsec read ${index} --body-only > FILE)\n`;
  }
  if (body.text === "") return "(The body is empty.)\n";
  const text = escapeText(body.text);
  return text.endsWith("\n") ? text : `${text}\n`;
}
