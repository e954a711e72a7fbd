/** What every entry of the menu works with. */

import type { CommandContext } from "../../../cli/command.ts";
import { escapeLine } from "../../../cli/escape.ts";
import type { Style } from "../../../cli/style.ts";
import { wrapMessage } from "../../../cli/wrap.ts";
import { MailsecError } from "../../../crypto/errors.ts";
import type { Compose } from "../../compose/compose.ts";
import type { Folders } from "../../folders.ts";
import type { LiveMailbox } from "../../live/live_mailbox.ts";
import type { MailActions } from "../../mail_actions.ts";
import type { Mailbox } from "../../mailbox.ts";
import type { MailSearch } from "../../search/search.ts";
import type { Prompter } from "../prompter.ts";
import type { Draft } from "./draft.ts";

/** The part of a mailbox that the menu uses. */
export interface MenuMailbox extends MailboxFunctions {
  readonly mails: Pick<MailActions, "mark" | "move" | "copy" | "trash" | "restore" | "erase">;
  readonly folders: Pick<Folders, "list" | "names" | "resolve" | "add" | "rename" | "remove">;
  readonly compose: Pick<Compose, "reply" | "forward" | "open" | "save" | "remove">;
  readonly search: Pick<MailSearch, "index">;
  readonly live: Pick<LiveMailbox, "onNewMail" | "onConnection" | "start" | "stop" | "retryNow">;
}

type MailboxFunctions = Pick<
  Mailbox,
  | "me"
  | "limits"
  | "checkRecipients"
  | "send"
  | "deliver"
  | "list"
  | "read"
  | "contacts"
  | "contact"
  | "verifyContact"
  | "acceptContact"
  | "keyLog"
  | "care"
>;

export interface MenuWorld {
  readonly mailbox: MenuMailbox;
  /** The server as it is shown: `HOST:PORT`. */
  readonly server: string;
  readonly prompter: Prompter;
  /** Mails that were begun and could not be saved on the server yet. */
  readonly unsaved: Draft[];
  /** Has the user edit a file; the exit code. Without it there is no editor. */
  readonly edit?: (path: string) => Promise<number>;
  /** What the last action on mails was, for undo. */
  readonly last: { undo: (() => Promise<number>) | null };
  /** For what is written to standard output. */
  readonly style: Style;
  /** Whether colours may be written to standard output. */
  readonly coloured: boolean;
  /** Lists, mails, confirmations: standard output. Explanations and errors go to standard error. */
  show(text: string): Promise<void>;
  readonly world: Pick<
    CommandContext,
    "stderr" | "stderrIsTerminal" | "columns" | "env"
  >;
}

/** Columns by which the further lines of an explanation are indented. */
const INDENT = 4;

/** Explains something; what is in it is made safe to show, and wrapped for a terminal. */
export function tell({ world }: MenuWorld, text: string): Promise<void> {
  const width = world.stderrIsTerminal ? world.columns : Infinity;
  const lines = wrapMessage(escapeLine(text), width, INDENT);
  return world.stderr(lines.map((line) => `${line}\n`).join(""));
}

/** Tells what went wrong. Not for errors that end the menu: see {@linkcode endsMenu}. */
export async function tellError(menu: MenuWorld, error: unknown): Promise<void> {
  if (!(error instanceof MailsecError)) throw error;
  await tell(menu, error.message);
  for (const hint of error.hint?.split("\n") ?? []) await tell(menu, `  ${hint}`);
}

/**
 * Whether nothing can go on after an error: Ctrl-C, a server that is not the one it was, an account
 * that is let in no more, a reader of our output that is gone, a fault of the program.
 */
export function endsMenu(error: unknown): boolean {
  if (!(error instanceof MailsecError)) return true;
  if (["InterruptedError", "LoginError", "ClosedPipeError"].includes(error.name)) return true;
  return error.name === "TrustError" && /^(record|server)_/.test(error.code);
}
