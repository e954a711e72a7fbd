/** `mailsec list [QUERY]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import type { ListOptions, MailListItem, SortKey } from "../mailbox_types.ts";
import { mailListLines } from "../terminal/mail_list.ts";
import { withQuery } from "./mail_query.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const wanted = wantedList(context);
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
  const sent = options.flag("sent") || options.text("folder")?.toLowerCase() === "sent";
  const lines = mailListLines(items, { sent, width: context.columns, style });
  await context.stdout(lines.map((line) => `${line}\n`).join(""));
}

function wantedList({ args, options }: CommandContext): ListOptions {
  const [limit, offset] = [options.integer("limit"), options.integer("offset")];
  const folder = options.text("folder");
  const wanted: ListOptions = {
    sent: options.flag("sent"),
    unread: options.flag("unread"),
    threads: options.flag("threads"),
    sort: (options.text("sort") ?? "date") as SortKey,
    reverse: options.flag("reverse"),
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
    ...(folder === undefined ? {} : { folder }),
  };
  return withQuery(wanted, args.all("query"));
}

/** The fields of a list item that scripts get; some only when there is something to say. */
export function listItemJson(item: MailListItem): Record<string, unknown> {
  const { index, id, from, to, cc, date, title, size, unread, contact, warnings, rejected } = item;
  const { folderName: folder, also, flags, attachments, kind, thread, threadCount } = item;
  return {
    ...{ index, id, from, to },
    ...(cc.length > 0 ? { cc } : {}),
    ...{ date, title, size, unread, flags, folder },
    ...(also.length > 0 ? { also } : {}),
    ...{ attachments, kind, thread },
    ...(threadCount === undefined ? {} : { threadCount }),
    contact,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(rejected === undefined ? {} : { rejected }),
  };
}
