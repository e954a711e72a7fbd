/** `mailsec contacts [list]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { contactListLines, stateLegend } from "../terminal/contact_list.ts";
import { blocksSending } from "../terminal/contact_words.ts";
import { explain } from "./explain.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const contacts = await withMailbox(context, (mailbox) => mailbox.contacts());
  if (context.options.flag("json")) {
    return await context.stdout(`${escapedJson(contacts)}\n`);
  }
  const style = styleFor(context.colour("stdout"));
  const lines = contactListLines(contacts, { width: context.columns, style });
  await context.stdout(lines.map((line) => `${line}\n`).join(""));
  for (const line of stateLegend(contacts)) await explain(context, line);
  const others = contacts.filter(({ isMe }) => !isMe);
  if (others.some(({ state }) => blocksSending(state))) {
    await explain(context, "Next: mailsec contacts show NAME, then verify NAME or accept NAME");
  } else if (others.some(({ state }) => state === "unverified")) {
    await explain(context, "Next: mailsec contacts verify NAME");
  }
  if (others.length === 0) {
    await explain(context, "Nobody else is here yet. Administrators invite: mailsec invite NAME");
  }
}
