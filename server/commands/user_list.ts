/** `mailsec user list` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import { renderTable } from "../../cli/table.ts";
import { listUsers } from "../admin/users.ts";
import { inOffice } from "./in_office.ts";
import { commandConfig } from "./settings.ts";

export async function run(context: CommandContext): Promise<void> {
  const { config } = commandConfig(context, "data");
  const users = (await inOffice(context, config, listUsers)).map((user) => ({
    user: user.user,
    status: user.status,
    role: user.role,
    created: new Date(user.created).toISOString(),
    joined: user.joined === null ? null : new Date(user.joined).toISOString(),
  }));
  if (context.options.flag("json")) {
    await context.stdout(escapedJson(users) + "\n");
    return;
  }
  if (users.length === 0) {
    await context.stderr("No users yet: mailsec user invite NAME makes the first.\n");
    return;
  }
  const columns = [
    { header: "USER" },
    { header: "STATUS" },
    { header: "ROLE" },
    { header: "CREATED" },
    { header: "JOINED" },
  ];
  const rows = users.map(({ user, status, role, created, joined }) => [
    user,
    status,
    role,
    created.slice(0, 10),
    joined?.slice(0, 10) ?? "-",
  ]);
  const lines = renderTable(columns, rows, { width: context.columns });
  await context.stdout(lines.map((line) => line + "\n").join(""));
}
