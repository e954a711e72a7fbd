/** Answers and forwards: whom they go to, what they are called, and what they quote. */

import { normalizeUserName } from "../../crypto/names.ts";
import { FormatError, MailsecError } from "../../crypto/errors.ts";
import { MAX_TITLE_BYTES } from "../../protocol/limits.ts";
import type { Mail, MailDraft } from "../mailbox_types.ts";
import { MAIL_DOMAIN } from "../threading.ts";

const encoder = new TextEncoder();

/**
 * The answer to a mail, to be written on: to its sender, or with `all` to everybody but oneself. The
 * answer to a mail that one has written goes to those whom it was for.
 *
 * @throws {MailsecError} `not_a_user` when the sender of an imported mail is nobody on this server.
 */
export function replyTo(mail: Mail, me: string, { all = false } = {}): MailDraft {
  const isMine = mail.kind === "mail" && mail.from === me;
  const sender = isMine ? mail.to : [userOf(mail.from, mail)];
  const others = all ? [...isMine ? [] : mail.to, ...mail.cc] : [];
  const to = unique(sender);
  const cc = unique(others.flatMap((name) => maybeUser(name) ?? []))
    .filter((name) => name !== me && !to.includes(name));
  return {
    ...{ to, cc, bcc: [], attachments: [], id: null },
    title: titled("Re:", mail.title),
    body: quoted(mail),
    inReplyTo: mail.id,
    forwards: null,
  };
}

/** A mail passed on: its head and its text, with its attachments. */
export function forwardOf(mail: Mail): MailDraft {
  const { body } = mail;
  const file = body.kind === "binary"
    ? [{ name: body.fileName ?? "body", content: body.bytes }]
    : [];
  return {
    ...{ to: [], cc: [], bcc: [], id: null, inReplyTo: null },
    title: titled("Fwd:", mail.title),
    body: forwarded(mail),
    attachments: [
      ...file,
      ...mail.attachments.map(({ name, type, content }) => ({ name, type, content })),
    ],
    forwards: mail.id,
  };
}

function titled(prefix: "Re:" | "Fwd:", title: string): string {
  const pattern = prefix === "Re:" ? /^(re|aw|sv)\s*:/i : /^(fwd?|wg)\s*:/i;
  const full = pattern.test(title) ? title : `${prefix} ${title}`.trimEnd();
  return cutTo(full, MAX_TITLE_BYTES);
}

function cutTo(text: string, maxBytes: number): string {
  let cut = text;
  while (encoder.encode(cut).length > maxBytes) cut = cut.slice(0, -1).toWellFormed();
  return cut;
}

/** The text with ">" before each line, under who wrote it and when. */
function quoted(mail: Mail): string {
  const lines = textOf(mail).replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  const marked = lines.map((line) => line.startsWith(">") ? `>${line}` : `> ${line}`.trimEnd());
  return `On ${dateText(mail.date)}, ${mail.from} wrote:\n${marked.join("\n")}\n\n`;
}

function forwarded(mail: Mail): string {
  const head = [
    `From: ${mail.from}`,
    `Date: ${dateText(mail.date)}`,
    `To: ${mail.to.join(", ")}`,
    ...(mail.cc.length > 0 ? [`Cc: ${mail.cc.join(", ")}`] : []),
    `Title: ${mail.title}`,
  ];
  return `\n\n-------- Forwarded mail --------\n${head.join("\n")}\n\n${textOf(mail)}`;
}

function textOf({ body }: Mail): string {
  return body.kind === "text" ? body.text : "[The body is not text: see the attachment.]";
}

/** In the reader's time zone, to the minute. */
function dateText(date: string): string {
  const at = new Date(date);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** The user that a name or an address of this server means. */
function maybeUser(name: string): string | null {
  const address = /<([^<>]+)>\s*$/.exec(name)?.[1] ?? name;
  const user = address.endsWith(`@${MAIL_DOMAIN}`)
    ? address.slice(0, -MAIL_DOMAIN.length - 1)
    : address;
  try {
    return normalizeUserName(user.trim());
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function userOf(name: string, { kind }: Mail): string {
  const user = maybeUser(name);
  if (user !== null) return user;
  throw new MailsecError("not_a_user", `"${name}" has no mailbox on this server.`, {
    hint: kind === "import"
      ? "The mail was imported: forward it, or write a new one to a user here."
      : "Write a new mail.",
  });
}
