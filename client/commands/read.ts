/** `mailsec read MAIL` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine, escapeText } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { saveAttachment } from "../attachments.ts";
import type { Mail } from "../mailbox_types.ts";
import { mailText } from "../terminal/mail_text.ts";
import { progressLine } from "../terminal/progress.ts";
import { numbered } from "./attached_files.ts";
import { withMailbox } from "./open_mailbox.ts";
import { checkMailName, mailId } from "./which_mail.ts";

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  if (options.flag("json") && options.flag("body-only")) {
    throw new UsageError("--json and --body-only exclude each other.", "Give one of them.");
  }
  const folder = options.text("save-attachments");
  if (folder === undefined && options.integer("attachment") !== undefined) {
    throw new UsageError(
      "--attachment says which one is saved.",
      "Give --save-attachments DIR too",
    );
  }
  const which = context.args.one("mail");
  checkMailName(which);
  const progress = progressLine(context, "Loading");
  const mail = await withMailbox(context, async (mailbox) => {
    const id = await mailId(mailbox, which);
    const markRead = !options.flag("keep-unread");
    const { onProgress } = progress;
    return await mailbox.read(id, { markRead, onProgress }).finally(() => progress.end());
  });
  const saved = folder === undefined ? null : await save(context, mail, folder);
  if (options.flag("json")) {
    const json = { ...mailJson(mail), ...(saved === null ? {} : { saved }) };
    return await context.stdout(`${escapedJson(json)}\n`);
  }
  if (saved !== null) return await tellSaved(context, saved);
  if (options.flag("body-only")) return await writeBody(context, mail);
  await context.stdout(mailText(mail, styleFor(context.colour("stdout"))));
}

/** Saves all attachments, or the one that was asked for; the paths. */
async function save(context: CommandContext, mail: Mail, folder: string): Promise<string[]> {
  const number = context.options.integer("attachment");
  const wanted = number === undefined ? mail.attachments : [numbered(mail.attachments, number)];
  const paths: string[] = [];
  for (const attachment of wanted) paths.push(await saveAttachment(attachment, folder));
  return paths;
}

async function tellSaved(context: CommandContext, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return await context.stderr("This mail has no attachments.\n");
  await context.stdout(paths.map((path) => `${escapeLine(path)}\n`).join(""));
}

async function writeBody(context: CommandContext, { body }: Mail): Promise<void> {
  const bytes = body.kind === "text" ? new TextEncoder().encode(body.text) : body.bytes;
  // What a terminal would act on is never sent to one; a file or a pipe gets the very bytes.
  const safe = context.stdoutIsTerminal ? escapeText(new TextDecoder().decode(bytes)) : bytes;
  await context.stdout(safe);
}

/** The fields of a mail that scripts get. Of a binary body, `bodyBase64` has the bytes. */
function mailJson(mail: Mail): Record<string, unknown> {
  const { index, id, from, to, cc, bcc, date, title, size, body, attachments, contact } = mail;
  const { folderName: folder, flags, kind, thread, inReplyTo, fromHtml, warnings } = mail;
  return {
    ...{ index, id, from, to },
    ...(cc.length > 0 ? { cc } : {}),
    ...(bcc.length > 0 ? { bcc } : {}),
    ...{ date, title, size, contact, folder, flags, kind, thread, inReplyTo },
    body: body.kind === "text" ? body.text : null,
    ...(fromHtml ? { fromHtml } : {}),
    ...(body.kind === "binary" ? { bodyBase64: body.bytes.toBase64() } : {}),
    attachments: attachments.map(({ name, type, size }) => ({ name, type, size })),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
