/** `mailsec list` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import type { ListOptions, MailListItem, SortKey } from "../mailbox_types.ts";
import { mailListLines } from "../terminal/mail_list.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const sent = options.flag("sent");
  const limit = options.integer("limit");
  const wanted: ListOptions = {
    sent,
    unread: options.flag("unread"),
    sort: (options.text("sort") ?? "date") as SortKey,
    reverse: options.flag("reverse"),
    ...(limit === undefined ? {} : { limit }),
  };
  const items = await withMailbox(context, (mailbox) => mailbox.list(wanted));
  if (options.flag("json")) {
    await context.stdout(`${escapedJson(items.map(listItemJson))}\n`);
    return;
  }
  if (items.length === 0) {
    await context.stderr(`No ${options.flag("unread") ? "unread " : ""}mails.\n`);
    return;
  }
  const style = styleFor(context.colour("stdout"));
  const lines = mailListLines(items, { sent, width: context.columns, style });
  await context.stdout(lines.map((line) => `${line}\n`).join(""));
}

/** The fields of a list item that scripts get; `warnings` and `rejected` only when there are any. */
export function listItemJson(item: MailListItem): Record<string, unknown> {
  const { index, id, from, to, date, title, size, unread, contact, warnings, rejected } = item;
  return {
    ...{ index, id, from, to, date, title, size, unread, contact },
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(rejected === undefined ? {} : { rejected }),
  };
}
