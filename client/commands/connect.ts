/** `mailsec connect HOST USER`: the menu. */

import type { CommandContext } from "../../cli/command.ts";
import { readSecretFileLine } from "../../cli/secret_file.ts";
import { styleFor } from "../../cli/style.ts";
import { UsageError } from "../../cli/usage_error.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { parseEnrolmentCode } from "../../crypto/enrolment_code.ts";
import { parseInvite } from "../../crypto/invite.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import { addressText, type ServerAddress } from "../address.ts";
import { Mailbox } from "../mailbox.ts";
import { atEndingSignal } from "../terminal/ending_signals.ts";
import { LinesPrompter } from "../terminal/lines_prompter.ts";
import { editorOf } from "../terminal/run_editor.ts";
import { runMenu } from "../terminal/menu/menu.ts";
import { InterruptedError } from "../terminal/prompter.ts";
import { terminal } from "../terminal/questions.ts";
import { endInput } from "../terminal/tty.ts";
import { acceptInvite, newPassword } from "./join.ts";
import { asUsage, configStore, openMailbox } from "./open_mailbox.ts";
import { givenAddress } from "./server_address.ts";

export async function run(context: CommandContext): Promise<void> {
  const address = givenAddress(context);
  const user = asUsage(() => normalizeUserName(context.args.one("user")));
  const invite = await inviteLine(context, { address, user });
  const mailbox = invite === null
    ? await openMailbox(context, {
      ...{ address, user, config: configStore(context) },
      enrolCode: await deviceCode(context),
    })
    : await join(context, { line: invite, address, user });
  mailbox.search.follow((changed) => mailbox.index.onChange(changed));
  const person = context.stdinIsTerminal ? terminal(context) : null;
  // In the menu at all times, not only while it asks: a mail may be half written.
  const stopWatching = person === null ? () => {} : atEndingSignal(endInput);
  const edit = context.stdinIsTerminal ? editorOf(context.env) : undefined;
  try {
    await runMenu({
      mailbox,
      server: addressText(address),
      prompter: person ?? new LinesPrompter(Deno.stdin.readable, (text) => context.stderr(text)),
      ...{ unsaved: [], last: { undo: null } },
      ...(edit === undefined ? {} : { edit }),
      style: styleFor(context.colour("stdout")),
      coloured: context.colour("stdout"),
      show: (text) => context.stdout(text),
      world: context,
    });
  } finally {
    await mailbox.close();
    stopWatching();
  }
}

/** The code for a new device of a hardened account, from `--code-file`; null without one. */
async function deviceCode(context: CommandContext): Promise<Bytes | null> {
  const file = context.options.text("code-file");
  return file === undefined
    ? null
    : parseEnrolmentCode(await readSecretFileLine(file, "device code"));
}

/** The invite to join with, from `--invite` or asked for at the first connection; or none. */
async function inviteLine(
  context: CommandContext,
  { address, user }: { address: ServerAddress; user: string },
): Promise<string | null> {
  const given = context.options.text("invite");
  if (given !== undefined) return given;
  const { stdinIsTerminal } = context;
  if (!stdinIsTerminal || context.options.flag("yes")) return null;
  if (await configStore(context).pinnedServer(address) !== null) return null;
  await context.stderr(`This is your first connection to ${addressText(address)}.\n`);
  const prompter = terminal(context);
  const answer = await prompter?.ask(`Invite (Enter if ${user} has joined already): `);
  if (answer === null) throw new InterruptedError();
  return answer === undefined || answer.trim() === "" ? null : answer.trim();
}

async function join(
  context: CommandContext,
  { line, address, user }: { line: string; address: ServerAddress; user: string },
): Promise<Mailbox> {
  const invite = asUsage(() => parseInvite(line));
  if (invite.user !== user) {
    throw new UsageError(`The invite is for ${invite.user}, not for ${user}.`);
  }
  if (invite.host !== address.host || invite.port !== address.port) {
    throw new UsageError(
      `The invite is for ${addressText(invite)}, not for ${addressText(address)}.`,
      `Use: mailsec connect ${addressText(invite)} ${user} --invite …`,
    );
  }
  const password = await newPassword(context, invite);
  return new Mailbox(await acceptInvite(context, { line, password }));
}
