/** `mailsec send TO…` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { MAX_MESSAGE_BYTES } from "../../protocol/limits.ts";
import type { CheckedRecipient } from "../contact_types.ts";
import { KeyChangedError, SendInterruptedError } from "../errors.ts";
import type { Mailbox } from "../mailbox.ts";
import type { OnProgress, OutgoingMail, SentMail } from "../mailbox_types.ts";
import { acceptedKeys } from "../recipients.ts";
import { formatSize, splitRecipients } from "../terminal/format.ts";
import { progressLine } from "../terminal/progress.ts";
import { readAll, readBodyFile } from "./body_source.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";

/** Waits before the upload of a mail is tried again, in milliseconds. */
const RETRY_DELAYS_MS = [500, 1000, 2000, 4000];

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const to = context.args.all("to").flatMap(splitRecipients);
  if (to.length === 0) {
    throw new UsageError("No recipient is named.", "Give at least one user name.");
  }
  const title = options.text("title");
  if (title === undefined) throw new UsageError("The title is missing.", "Give --title TITLE");
  const mail: OutgoingMail = {
    ...{ to, title, ...await bodyOf(context) },
    acceptChangedKeys: acceptedKeys(new Map(options.all("accept-key").map(nameAndFingerprint))),
  };
  const progress = progressLine(context, "Sending");
  const { sent, contacts } = await withMailbox(context, async (mailbox) => {
    const { onProgress, end } = progress;
    const sent = await sendPersistently(context, mailbox, { ...mail, onProgress }).finally(end);
    return { sent, contacts: await statesOf(mailbox, sent.to) };
  });
  if (options.flag("json")) {
    await context.stdout(`${escapedJson({ id: sent.id, to: sent.to, size: sent.size })}\n`);
  } else {
    const names = escapeLine(sent.to.join(", "));
    await context.stdout(`Sent ${formatSize(sent.size)} to ${names}, id ${sent.id}\n`);
  }
  for (const { user, state } of contacts) {
    if (state !== "unverified") continue;
    await explain(
      context,
      `${user} is unverified. Compare fingerprints once: mailsec contacts verify ${user}`,
    );
  }
}

/** How sure one can be of the recipients' keys; nothing when that cannot be found out now. */
async function statesOf(mailbox: Mailbox, names: readonly string[]): Promise<CheckedRecipient[]> {
  try {
    return await mailbox.checkRecipients(names);
  } catch (error) {
    // The mail is sent, whatever has happened since.
    if (error instanceof MailsecError) return [];
    throw error;
  }
}

/** `bob=0RH4-7M2K-…` */
function nameAndFingerprint(value: string): [string, string] {
  const at = value.indexOf("=");
  if (at < 1) {
    throw new UsageError(
      `--accept-key ${value}: the fingerprint is missing.`,
      "Give --accept-key NAME=FINGERPRINT, the new one that you have compared.",
    );
  }
  return [value.slice(0, at), value.slice(at + 1)];
}

/** What `--body`, `--file` or standard input says. A file may be larger than the server allows. */
async function bodyOf(
  context: CommandContext,
): Promise<Pick<OutgoingMail, "body" | "bodyFileName">> {
  const text = context.options.text("body");
  const file = context.options.text("file");
  if (text !== undefined && file !== undefined) {
    throw new UsageError("--body and --file exclude each other.", "Give one of them.");
  }
  if (text !== undefined) return { body: text };
  if (file !== undefined) {
    const body = await readBodyFile(file, MAX_MESSAGE_BYTES);
    return { body, bodyFileName: baseName(file) };
  }
  if (context.stdinIsTerminal) {
    await context.stderr("Type the body. End it with Ctrl-D on a line of its own.\n");
  }
  return { body: await readAll(Deno.stdin.readable, "standard input", MAX_MESSAGE_BYTES) };
}

function baseName(path: string): string {
  return path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/s, "");
}

/**
 * Sends, and when the connection breaks uploads the same sealed mail again: however often that
 * happens, it arrives once.
 */
async function sendPersistently(
  context: CommandContext,
  mailbox: Mailbox,
  mail: OutgoingMail,
): Promise<SentMail> {
  try {
    return await mailbox.send(mail);
  } catch (error) {
    if (error instanceof KeyChangedError) throw await keyChangeExplained(context, error);
    if (!(error instanceof SendInterruptedError)) throw error;
    return await deliverAgain(context, {
      mailbox,
      interrupted: error,
      onProgress: mail.onProgress,
    });
  }
}

async function deliverAgain(
  context: CommandContext,
  { mailbox, interrupted, onProgress }: {
    mailbox: Mailbox;
    interrupted: SendInterruptedError;
    onProgress: OnProgress | undefined;
  },
): Promise<SentMail> {
  let last = interrupted;
  for (const delay of RETRY_DELAYS_MS) {
    await context.stderr("The connection was lost. Trying again…\n");
    await new Promise((resolve) => setTimeout(resolve, delay));
    try {
      return await mailbox.deliver(interrupted.sealed, onProgress);
    } catch (error) {
      if (!(error instanceof SendInterruptedError)) throw error;
      last = error;
    }
  }
  throw new SendInterruptedError(interrupted.sealed, last.message, {
    hint: "It is not known whether the mail has arrived. Look with: mailsec list --sent",
    cause: last,
  });
}

async function keyChangeExplained(
  context: CommandContext,
  error: KeyChangedError,
): Promise<KeyChangedError> {
  for (const { user, before, now } of error.changes) {
    await context.stderr(escapeLine(`${user} had the key ${before}`) + "\n");
    await context.stderr(escapeLine(`${" ".repeat(user.length)} now has ${now}`) + "\n");
  }
  const flags = error.changes.map(({ user, now }) => `--accept-key ${user}=${now}`).join(" ");
  return new KeyChangedError(error.changes, error.message, {
    hint: `Ask them, by another way than this, whether that is right. Then: ${flags}`,
    cause: error,
  });
}
