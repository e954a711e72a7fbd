/** `mailsec send TO…` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine } from "../../cli/escape.ts";
import { MailsecError } from "../../crypto/errors.ts";
import type { CheckedRecipient } from "../contact_types.ts";
import { KeyChangedError, SendInterruptedError } from "../errors.ts";
import type { Mailbox } from "../mailbox.ts";
import type { MailDraft, OnProgress, OutgoingMail, SentMail } from "../mailbox_types.ts";
import { formatSize } from "../terminal/format.ts";
import { progressLine } from "../terminal/progress.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";
import { beginning, filledIn, outgoingOf, typedMail, wishOf } from "./typed_mail.ts";

/** Waits before the upload of a mail is tried again, in milliseconds. */
const RETRY_DELAYS_MS = [500, 1000, 2000, 4000];

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const wish = wishOf(context);
  const typed = await typedMail(context, wish);
  const progress = progressLine(context, "Sending");
  const { onProgress, end } = progress;
  if (options.flag("draft")) {
    const saved = await withMailbox(context, async (mailbox) => {
      const draft = filledIn(await beginning(mailbox, wish), typed);
      return await mailbox.compose.save(draft, onProgress).finally(end);
    });
    const text = options.flag("json")
      ? escapedJson({ id: saved.id, draft: true })
      : `Saved as a draft, id ${saved.id}`;
    return await context.stdout(`${text}\n`);
  }
  const { sent, contacts } = await withMailbox(context, async (mailbox) => {
    const draft = filledIn(await beginning(mailbox, wish), typed);
    const mail = { ...outgoingOf(draft, typed), onProgress };
    const sent = await sendPersistently(context, mailbox, mail).finally(end).catch(
      async (error) => {
        if (typed.isFromKeyboard && error instanceof MailsecError) {
          await keepTyped(context, mailbox, draft);
        }
        throw error;
      },
    );
    const names = [...sent.to, ...sent.cc, ...sent.bcc];
    return { sent, contacts: await statesOf(mailbox, names) };
  });
  await tellSent(context, sent);
  for (const { user, state } of contacts) {
    if (state !== "unverified") continue;
    await explain(
      context,
      `${user} is unverified. Compare fingerprints once: mailsec contacts verify ${user}`,
    );
  }
}

/** What somebody has just typed is not lost because it cannot be sent: it becomes a draft. */
async function keepTyped(
  context: CommandContext,
  mailbox: Mailbox,
  draft: MailDraft,
): Promise<void> {
  try {
    const { id } = await mailbox.compose.save(draft);
    await context.stderr(`Saved as a draft: mailsec send --from-draft ${id} NAME…\n`);
  } catch (error) {
    if (!(error instanceof MailsecError)) throw error;
    await context.stderr("What you typed could not be saved as a draft: it stands above.\n");
  }
}

async function tellSent(context: CommandContext, sent: SentMail): Promise<void> {
  const { id, to, cc, bcc, size } = sent;
  if (context.options.flag("json")) {
    const others = { ...(cc.length > 0 ? { cc } : {}), ...(bcc.length > 0 ? { bcc } : {}) };
    return await context.stdout(`${escapedJson({ id, to, ...others, size })}\n`);
  }
  const names = escapeLine([...to, ...cc, ...bcc].join(", "));
  await context.stdout(`Sent ${formatSize(size)} to ${names}, id ${id}\n`);
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
