/** `mailsec contacts verify NAME [FINGERPRINT]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import type { Mailbox } from "../mailbox.ts";
import { compareFingerprints } from "../terminal/contact_questions.ts";
import { fingerprintFor } from "../terminal/fingerprint_input.ts";
import { noTerminal, terminal } from "../terminal/questions.ts";
import { explain } from "./explain.ts";
import { asUsage, withMailbox } from "./open_mailbox.ts";
import { readTextFile } from "./text_file.ts";

export async function run(context: CommandContext): Promise<number> {
  const user = context.args.one("name").toLowerCase();
  const said = await givenFingerprint(context, user);
  return await withMailbox(context, async (mailbox) => {
    if (said !== null) await mailbox.verifyContact(user, said);
    else if (!(await ask(context, mailbox, user))) {
      await explain(context, `${user} was not verified.`);
      return 1;
    }
    const contact = await mailbox.contact(user);
    if (context.options.flag("json")) await context.stdout(`${escapedJson(contact)}\n`);
    else await context.stdout(`${contact.user} is verified.\n`);
    return 0;
  });
}

/** From the command line or a file; null when it is to be asked for. */
async function givenFingerprint(context: CommandContext, user: string): Promise<string | null> {
  const typed = context.args.maybe("fingerprint");
  const file = context.options.text("file");
  if (typed !== undefined && file !== undefined) {
    throw new UsageError("A fingerprint and --file exclude each other.", "Give one of them.");
  }
  if (file !== undefined) return fingerprintFor(user, await readTextFile(file));
  if (typed !== undefined) return asUsage(() => fingerprintFor(user, typed));
  if (terminal(context) === null) throw noTerminal("the fingerprint", "it after the name");
  return null;
}

async function ask(context: CommandContext, mailbox: Mailbox, user: string): Promise<boolean> {
  const dialogue = {
    book: mailbox,
    prompter: terminal(context)!,
    width: context.columns,
    tell: (text: string) => explain(context, text),
  };
  return await compareFingerprints(dialogue, await mailbox.contact(user));
}
