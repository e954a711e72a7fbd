/** `mailsec read ID|INDEX` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeText } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { NotFoundError } from "../errors.ts";
import type { Mailbox } from "../mailbox.ts";
import type { Mail } from "../mailbox_types.ts";
import { mailText } from "../terminal/mail_text.ts";
import { progressLine } from "../terminal/progress.ts";
import { withMailbox } from "./open_mailbox.ts";

const INDEX = /^\d{1,15}$/;
const ID = /^[0-9a-f]{32}$/;
/** At least one letter: digits alone are an index. */
const ID_PREFIX = /^(?=.*[a-f])[0-9a-f]{4,31}$/;

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  if (options.flag("json") && options.flag("body-only")) {
    throw new UsageError("--json and --body-only exclude each other.", "Give one of them.");
  }
  const which = context.args.one("mail").toLowerCase();
  if (![INDEX, ID, ID_PREFIX].some((form) => form.test(which))) {
    throw new UsageError(
      `"${context.args.one("mail")}" is neither an index nor an id.`,
      "An index is a number from: mailsec list",
    );
  }
  const progress = progressLine(context, "Loading");
  const mail = await withMailbox(context, async (mailbox) => {
    const found = ID_PREFIX.test(which) ? await idWithPrefix(mailbox, which) : which;
    const markRead = !options.flag("keep-unread");
    const { onProgress } = progress;
    return await mailbox.read(found, { markRead, onProgress }).finally(() => progress.end());
  });
  if (options.flag("json")) return await context.stdout(`${escapedJson(mailJson(mail))}\n`);
  if (options.flag("body-only")) return await writeBody(context, mail);
  await context.stdout(mailText(mail, styleFor(context.colour("stdout"))));
}

/**
 * The one id that begins so, in the inbox or among the sent mails.
 *
 * @throws {NotFoundError} when none does. @throws {UsageError} when several do.
 */
async function idWithPrefix(mailbox: Mailbox, prefix: string): Promise<string> {
  const lists = [await mailbox.list(), await mailbox.list({ sent: true })];
  const ids = new Set(lists.flat().map(({ id }) => id).filter((id) => id.startsWith(prefix)));
  const [id, other] = ids;
  if (id === undefined) {
    throw new NotFoundError(`No mail has an id that begins with "${prefix}".`, {
      hint: "See: mailsec list --json",
    });
  }
  if (other !== undefined) {
    throw new UsageError(
      `${ids.size} mails have an id that begins with "${prefix}".`,
      "Give more of it.",
    );
  }
  return id;
}

async function writeBody(context: CommandContext, { body }: Mail): Promise<void> {
  const bytes = body.kind === "text" ? new TextEncoder().encode(body.text) : body.bytes;
  // What a terminal would act on is never sent to one; a file or a pipe gets the very bytes.
  const safe = context.stdoutIsTerminal ? escapeText(new TextDecoder().decode(bytes)) : bytes;
  await context.stdout(safe);
}

/** The fields of a mail that scripts get. Of a binary body, `bodyBase64` has the bytes. */
function mailJson(mail: Mail): Record<string, unknown> {
  const { index, id, from, to, cc, date, title, size, body, attachments, contact, warnings } = mail;
  return {
    ...{ index, id, from, to, ...(cc.length > 0 ? { cc } : {}), date, title, size, contact },
    body: body.kind === "text" ? body.text : null,
    ...(body.kind === "binary" ? { bodyBase64: body.bytes.toBase64() } : {}),
    attachments: attachments.map(({ name, type, size }) => ({ name, type, size })),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
