/** A mail as it will be sent, and what can still be changed about it. */

import { escapeLine, escapeText } from "../../../cli/escape.ts";
import { truncateToWidth } from "../../../cli/text_width.ts";
import { formatSize } from "../format.ts";
import { askAttachments, attachmentText, takeAwayAttachment } from "./attachments_question.ts";
import { askBody } from "./body_question.ts";
import type { Draft } from "./draft.ts";
import { askRecipients, askTitle } from "./head_questions.ts";
import { type MenuWorld, tell } from "./menu_world.ts";

/** Lines of the body shown before it is sent. */
const BODY_LINES = 8;

/** All heads, and the beginning of the body. */
export function previewText(menu: MenuWorld, draft: Draft): string {
  const { heads: { to, cc, bcc }, title, attachments, body } = draft;
  const { style, world: { columns } } = menu;
  const field = (name: string, value: string) =>
    `${style.dim(`${name}:`.padEnd(10))}${escapeLine(value)}`;
  const lines = [
    field("From", menu.mailbox.me),
    field("To", to.join(", ")),
    ...(cc.length > 0 ? [field("Cc", cc.join(", "))] : []),
    ...(bcc.length > 0 ? [field("Bcc", `${bcc.join(", ")} (nobody else learns of it)`)] : []),
    field("Title", title),
    ...attachments.map((file, at) => field("Attached", `${at + 1}) ${attachmentText(file)}`)),
    field("Body", formatSize(body?.size ?? 0)),
    ...bodyLines(draft).map((line) => truncateToWidth(`  ${line}`, columns)),
  ];
  return `\n${lines.join("\n")}\n`;
}

function bodyLines({ body }: Draft): string[] {
  if (body === null) return [];
  if (typeof body.content !== "string") return [`(from ${escapeLine(body.fileName ?? "a file")})`];
  const lines = escapeText(body.content).split("\n");
  const more = lines.length - BODY_LINES;
  return more > 0 ? [...lines.slice(0, BODY_LINES), `… ${more} more lines`] : lines;
}

const CHOICES = "Enter sends it, t to/cc/bcc, i title, b body, a attach, x take a file away, " +
  "k keep as draft, d discard.";

/** Shows it and asks what to do, until it is to be sent, kept or discarded. */
export async function askToSend(
  menu: MenuWorld,
  draft: Draft,
): Promise<"send" | "keep" | "discard"> {
  let show = true;
  while (true) {
    if (show) await menu.show(previewText(menu, draft));
    if (show) await tell(menu, CHOICES);
    const answer = await menu.prompter.ask("Send it? ");
    const word = answer?.trim().toLowerCase();
    show = true;
    if (word === undefined || ["k", "keep", "n", "no", "q"].includes(word)) return "keep";
    if (["", "s", "y", "yes", "send"].includes(word)) return "send";
    if (word === "d" || word === "discard") return "discard";
    if (word === "a") await askAttachments(menu, draft);
    else if (word === "x" && draft.attachments.length > 0) await takeAwayAttachment(menu, draft);
    else {
      const change = { t: askRecipients, c: askRecipients, i: askTitle, b: askBody }[word];
      if (change === undefined) {
        await tell(menu, CHOICES);
        show = false;
      } else {
        if (draft.sealed !== null) {
          await tell(menu, "It may have arrived already: see the sent mails.");
        }
        draft.sealed = null;
        if (!(await change(menu, draft))) return "keep";
      }
    }
  }
}
