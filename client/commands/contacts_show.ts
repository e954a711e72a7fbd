/** `mailsec contacts show [NAME]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { contactText } from "../terminal/contact_text.ts";
import { qrLines } from "../terminal/qr.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const { options, columns: width } = context;
  const name = context.args.maybe("name");
  const contact = await withMailbox(context, (mailbox) => mailbox.contact(name ?? mailbox.me));
  if (options.flag("json")) return await context.stdout(`${escapedJson(contact)}\n`);
  const coloured = context.colour("stdout");
  await context.stdout(contactText(contact, { width, style: styleFor(coloured) }));
  const asked = options.flag("qr");
  if (!asked && !(contact.isMe && context.stdoutIsTerminal)) return;
  const code = await qrLines(contact.fingerprint, { coloured, width });
  if (code !== null) await context.stdout(`\n${code.map((line) => `${line}\n`).join("")}`);
  else if (asked) await explain(context, "The terminal is too narrow for the QR code.");
}
