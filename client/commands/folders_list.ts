/** `mailsec folders list` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine } from "../../cli/escape.ts";
import { styleFor } from "../../cli/style.ts";
import { renderTable } from "../../cli/table.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const folders = await withMailbox(context, (mailbox) => mailbox.folders.list());
  if (context.options.flag("json")) {
    const json = folders.map(({ name, builtIn, total, unread }) => (
      { name, builtIn, total, unread }
    ));
    return await context.stdout(`${escapedJson(json)}\n`);
  }
  const style = styleFor(context.colour("stdout"));
  const lines = renderTable(
    [{ header: "FOLDER", min: 8 }, { header: "MAILS", align: "right" }, {
      header: "UNREAD",
      align: "right",
    }],
    folders.map(({ name, total, unread }) => [escapeLine(name), String(total), String(unread)]),
    {
      width: context.columns,
      headerStyle: style.dim,
      rowStyle: (line, row) => folders[row]!.unread > 0 ? style.bold(line) : line,
    },
  );
  await context.stdout(lines.map((line) => `${line}\n`).join(""));
}
