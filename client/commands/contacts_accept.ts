/** `mailsec contacts accept NAME [FINGERPRINT]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import type { ContactInfo } from "../contact_types.ts";
import type { Mailbox } from "../mailbox.ts";
import { acceptNewKeys } from "../terminal/contact_questions.ts";
import { blocksSending } from "../terminal/contact_words.ts";
import { fingerprintFor } from "../terminal/fingerprint_input.ts";
import { noTerminal, terminal } from "../terminal/questions.ts";
import { explain } from "./explain.ts";
import { asUsage, withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<number> {
  const user = context.args.one("name").toLowerCase();
  const typed = context.args.maybe("fingerprint");
  const looked = typed === undefined ? null : asUsage(() => fingerprintFor(user, typed));
  if (looked === null && terminal(context) === null) {
    throw noTerminal("a decision", "the new fingerprint after the name");
  }
  return await withMailbox(context, async (mailbox) => {
    const before = await mailbox.contact(user);
    const accepted = await accept(context, { mailbox, before, looked });
    if (!accepted) await explain(context, "Nothing was changed.");
    const contact = await mailbox.contact(user);
    if (context.options.flag("json")) await context.stdout(`${escapedJson(contact)}\n`);
    else if (accepted) await context.stdout(`${contact.user} is ${contact.state} now.\n`);
    return accepted || !blocksSending(before.state) ? 0 : 1;
  });
}

async function accept(
  context: CommandContext,
  { mailbox, before, looked }: { mailbox: Mailbox; before: ContactInfo; looked: string | null },
): Promise<boolean> {
  const { user, state } = before;
  if (!blocksSending(state)) {
    await explain(context, `There are no new keys of ${user} to accept.`);
    return false;
  }
  if (looked !== null) {
    await mailbox.acceptContact(user, looked);
    return true;
  }
  return await acceptNewKeys({
    book: mailbox,
    prompter: terminal(context)!,
    width: context.columns,
    tell: (text) => explain(context, text),
  }, before);
}
