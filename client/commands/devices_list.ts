/** `mailsec devices list` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine } from "../../cli/escape.ts";
import type { DeviceInfo } from "../account_care.ts";
import { withMailbox } from "./open_mailbox.ts";

export async function run(context: CommandContext): Promise<void> {
  const list = await withMailbox(context, ({ care }) => care.devices());
  if (context.options.flag("json")) return await context.stdout(`${escapedJson({ ...list })}\n`);
  if (!list.hardened) {
    return await context.stderr("This account opens with the password on any computer.\n");
  }
  await context.stdout(list.devices.map((device) => `${deviceLine(device)}\n`).join(""));
}

/** A device on a line: number, when it was added, name. */
export function deviceLine({ number, name, added, isThis }: DeviceInfo): string {
  const day = added.slice(0, "YYYY-MM-DD".length);
  const number2 = String(number).padStart(2);
  return `${number2}  ${day}  ${escapeLine(name)}${isThis ? "  (this device)" : ""}`;
}
