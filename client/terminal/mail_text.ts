/** A mail as it is displayed. */

import { escapeLine, escapeText } from "../../cli/escape.ts";
import type { Style } from "../../cli/style.ts";
import type { Mail } from "../mailbox_types.ts";
import { senderSentence } from "./contact_words.ts";
import { formatDate, formatSize } from "./format.ts";

/** The whole mail, ending with a line end; nothing in it can move the cursor. */
export function mailText(mail: Mail, style: Style): string {
  const field = (name: string, value: string) =>
    `${style.dim(`${name}:`.padEnd(9))}${escapeLine(value)}`;
  const keys = senderSentence(mail.from, mail.contact);
  const lines = [
    field("From", mail.from),
    field("To", mail.to.join(", ")),
    ...(mail.cc.length > 0 ? [field("Cc", mail.cc.join(", "))] : []),
    field("Date", formatDate(mail.date)),
    `${style.dim("Title:".padEnd(9))}${style.bold(escapeLine(mail.title))}`,
    field("Size", formatSize(mail.size)),
    ...mail.attachments.map((attachment) =>
      field("Attached", `${attachment.name} (${attachment.type}, ${formatSize(attachment.size)})`)
    ),
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
