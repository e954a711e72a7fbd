/** The mail that the options of `mailsec send` describe. */

import type { CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { MAX_MESSAGE_BYTES } from "../../protocol/limits.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import type { Mailbox } from "../mailbox.ts";
import type { MailDraft, OutgoingMail } from "../mailbox_types.ts";
import { decodeText } from "../mime.ts";
import { acceptedKeys } from "../recipients.ts";
import { splitRecipients } from "../terminal/format.ts";
import { maxAttachedBytes, readAttachments } from "./attached_files.ts";
import { readAll, readBodyFile } from "./body_source.ts";
import { checkMailName, mailId } from "./which_mail.ts";

/** What the mail begins with. */
export type Wish =
  | { readonly kind: "new" }
  | { readonly kind: "reply" | "forward" | "draft"; readonly which: string; readonly all: boolean };

/** What was typed, or read from files. */
export interface TypedMail {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly title: string | undefined;
  /** Undefined: nothing was given. */
  readonly body: string | Uint8Array | undefined;
  readonly bodyFileName: string | undefined;
  /** Somebody has just typed the body in a terminal. */
  readonly isFromKeyboard: boolean;
  readonly attachments: MailDraft["attachments"];
  /** The mail that is answered is quoted below. */
  readonly quote: boolean;
  readonly acceptChangedKeys: ReadonlyMap<string, string>;
}

const NEW_DRAFT: MailDraft = {
  ...{ to: [], cc: [], bcc: [], title: "", body: "", attachments: [] },
  ...{ inReplyTo: null, forwards: null, id: null },
};

/** @throws {UsageError} */
export function wishOf({ options }: CommandContext): Wish {
  const wishes = ([["reply", "reply-to"], ["forward", "forward"], ["draft", "from-draft"]] as const)
    .flatMap(([kind, name]) => {
      const which = options.text(name);
      return which === undefined ? [] : [{ kind, which, all: options.flag("all") }];
    });
  if (wishes.length > 1) {
    throw new UsageError("--reply-to, --forward and --from-draft exclude each other.", "Give one.");
  }
  const [wish = { kind: "new" as const }] = wishes;
  if (options.flag("all") && wish.kind !== "reply") {
    throw new UsageError("--all goes with --reply-to.", "Give --reply-to ID");
  }
  if (wish.kind !== "new") checkMailName(wish.which);
  return wish;
}

/** Reads all that is to be sent, before anybody logs in. @throws {UsageError} {FileError} */
export async function typedMail(context: CommandContext, wish: Wish): Promise<TypedMail> {
  const { args, options } = context;
  const names = (list: readonly string[]) => list.flatMap(splitRecipients);
  const to = names(args.all("to"));
  const [cc, bcc] = [names(options.all("cc")), names(options.all("bcc"))];
  const isNamed = to.length + cc.length + bcc.length > 0;
  const isNamedLater = wish.kind === "reply" || wish.kind === "draft" || options.flag("draft");
  if (!isNamed && !isNamedLater) {
    throw new UsageError("No recipient is named.", "Give at least one user name.");
  }
  const title = options.text("title");
  if (title === undefined && wish.kind === "new" && !options.flag("draft")) {
    throw new UsageError("The title is missing.", "Give --title TITLE");
  }
  const attachments = await readAttachments(
    options.all("attach"),
    maxAttachedBytes(MAX_MESSAGE_BYTES),
  );
  return {
    ...{ to, cc, bcc, title, attachments, ...await bodyOf(context, wish) },
    quote: options.flag("quote"),
    acceptChangedKeys: acceptedKeys(new Map(options.all("accept-key").map(nameAndFingerprint))),
  };
}

/** What the mail begins with: an answer, a forward, a draft, or nothing. */
export async function beginning(mailbox: Mailbox, wish: Wish): Promise<MailDraft> {
  if (wish.kind === "new") return NEW_DRAFT;
  const id = await mailId(mailbox, wish.which);
  if (wish.kind === "forward") return await mailbox.compose.forward(id);
  if (wish.kind === "draft") return await mailbox.compose.open(id);
  return await mailbox.compose.reply(id, { all: wish.all });
}

/** The draft with what was typed: names in place of those it had, the text in front of a quotation. */
export function filledIn(draft: MailDraft, typed: TypedMail): MailDraft {
  const isNamed = typed.to.length + typed.cc.length + typed.bcc.length > 0;
  const { to, cc, bcc } = isNamed ? typed : draft;
  const { body = "", bodyFileName } = typed;
  const text = typeof body === "string" ? body : decodeText(body);
  // What is no text goes as a file: as a text it would not come back as it was.
  const file = text === null ? [{ name: bodyFileName ?? "body", content: body as Bytes }] : [];
  return {
    ...draft,
    ...{ to, cc, bcc },
    title: typed.title ?? draft.title,
    body: bodyText(draft, typed, text ?? ""),
    attachments: [...file, ...draft.attachments, ...typed.attachments],
  };
}

function bodyText(draft: MailDraft, typed: TypedMail, text: string): string {
  if (draft.id !== null) return typed.body === undefined ? draft.body : text;
  if (draft.forwards !== null) return text + draft.body;
  if (draft.inReplyTo === null || !typed.quote) return text;
  return `${text.replace(/\n*$/, "")}\n\n${draft.body}`;
}

/** The mail to be sent. A body that is no text stays as it is. */
export function outgoingOf(draft: MailDraft, typed: TypedMail): OutgoingMail {
  const { inReplyTo, forwards, id, ...mail } = draft;
  const isWhole = inReplyTo === null && forwards === null && id === null;
  const isQuoting = forwards !== null || (inReplyTo !== null && typed.quote);
  const { body, bodyFileName } = typed;
  const goesAsItIs = body !== undefined && (isWhole || !isQuoting);
  const attachments = mail.attachments.filter(({ content }) => content !== body);
  return {
    ...mail,
    ...(goesAsItIs ? { body, attachments } : {}),
    ...(bodyFileName === undefined ? {} : { bodyFileName }),
    ...(inReplyTo === null ? {} : { inReplyTo }),
    ...(forwards === null ? {} : { forwards }),
    ...(id === null ? {} : { draft: id }),
    acceptChangedKeys: typed.acceptChangedKeys,
  };
}

/** What `--body`, `--file` or standard input says. A file may be larger than the server allows. */
async function bodyOf(
  context: CommandContext,
  wish: Wish,
): Promise<Pick<TypedMail, "body" | "bodyFileName" | "isFromKeyboard">> {
  const text = context.options.text("body");
  const file = context.options.text("file");
  if (text !== undefined && file !== undefined) {
    throw new UsageError("--body and --file exclude each other.", "Give one of them.");
  }
  if (text !== undefined) return { body: text, bodyFileName: undefined, isFromKeyboard: false };
  if (file !== undefined) {
    const body = await readBodyFile(file, MAX_MESSAGE_BYTES);
    return { body, bodyFileName: baseName(file), isFromKeyboard: false };
  }
  // These have a text already.
  if (wish.kind === "forward" || wish.kind === "draft") return NO_BODY;
  if (context.stdinIsTerminal) {
    await context.stderr("Type the body. End it with Ctrl-D on a line of its own.\n");
  }
  const body = await readAll(Deno.stdin.readable, "standard input", MAX_MESSAGE_BYTES);
  return { body, bodyFileName: undefined, isFromKeyboard: context.stdinIsTerminal };
}

const NO_BODY = { body: undefined, bodyFileName: undefined, isFromKeyboard: false };

function baseName(path: string): string {
  return path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/s, "");
}

/** `bob=0RH4-7M2K-…` */
function nameAndFingerprint(value: string): [string, string] {
  const at = value.indexOf("=");
  if (at < 1) {
    throw new UsageError(
      `--accept-key ${value}: the fingerprint is missing.`,
      "Give --accept-key NAME=FINGERPRINT, the new one that you have compared.",
    );
  }
  return [value.slice(0, at), value.slice(at + 1)];
}
