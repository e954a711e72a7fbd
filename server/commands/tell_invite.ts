import type { CommandContext } from "../../cli/command.ts";
import { escapedJson } from "../../cli/escape.ts";
import type { NewInvite } from "../admin/invites.ts";

/** Writes an invite line, alone, to standard output, or as JSON if that is asked for. */
export async function tellInvite(
  context: CommandContext,
  { user, invite, expires }: NewInvite,
): Promise<void> {
  const until = new Date(expires).toISOString();
  if (context.options.flag("json")) {
    await context.stdout(escapedJson({ user, invite, expires: until }) + "\n");
    return;
  }
  await context.stdout(invite + "\n");
  await context.stderr(`Good for one use until ${until}. ${user} runs: mailsec join INVITE\n`);
}
