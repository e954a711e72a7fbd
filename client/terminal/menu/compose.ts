/** Entry 1: create and send, and everything else that ends in sending: answers, forwards, drafts. */

import { escapeLine } from "../../../cli/escape.ts";
import { truncateToWidth } from "../../../cli/text_width.ts";
import { InterruptedError } from "../prompter.ts";
import { askBody, askTextWithQuote } from "./body_question.ts";
import { describeDraft, type Draft, draftFrom, emptyDraft } from "./draft.ts";
import { askRecipients, askTitle, checkRecipients } from "./head_questions.ts";
import { forget, keepDraft } from "./keep_draft.ts";
import { type MenuWorld, tell } from "./menu_world.ts";
import { askToSend } from "./preview.ts";
import { sendDraft } from "./send_draft.ts";

/** Drafts offered at once. */
const MAX_OFFERED = 9;

/** Writes a mail and sends it, or goes on with one that was begun before. */
export async function composeAndSend(menu: MenuWorld): Promise<void> {
  const begun = menu.prompter.interactive ? await chooseDraft(menu) : "new";
  if (begun === null) return;
  if (begun === "new") await writeAndSend(menu, emptyDraft());
  else await writeAndSend(menu, begun, { begunBefore: true });
}

/** Asks for what is missing, shows it, and sends it; whatever is not sent is kept as a draft. */
export async function writeAndSend(
  menu: MenuWorld,
  draft: Draft,
  { begunBefore = false } = {},
): Promise<void> {
  const isAnswer = draft.inReplyTo !== null || draft.forwards !== null;
  await kept(menu, draft, async () => {
    if (isAnswer && !begunBefore) return await writeAnswer(menu, draft);
    const isComplete = draft.body !== null && draft.heads.to.length > 0;
    if (begunBefore && isComplete) return true;
    return await askRecipients(menu, draft) && await askTitle(menu, draft) &&
      await askBody(menu, draft);
  });
}

/** The recipients of an answer are known; those of a mail passed on are asked for. */
async function writeAnswer(menu: MenuWorld, draft: Draft): Promise<boolean> {
  if (draft.heads.to.length === 0) {
    if (!(await askRecipients(menu, draft))) return false;
  } else if (await checkRecipients(menu, draft) !== "right") {
    if (!(await askRecipients(menu, draft))) return false;
  }
  await tell(menu, `To ${draft.heads.to.join(", ")}: ${draft.title}`);
  return await askTextWithQuote(menu, draft);
}

/** Does the writing, and the sending when it is complete; Ctrl-C, too, leaves a draft. */
async function kept(menu: MenuWorld, draft: Draft, write: () => Promise<boolean>): Promise<void> {
  let outcome: "send" | "keep" | "discard" = "keep";
  try {
    if (await write()) {
      outcome = menu.prompter.interactive ? await askToSend(menu, draft) : "send";
      if (outcome === "send" && !(await sendDraft(menu, draft))) outcome = "keep";
    }
  } catch (error) {
    await keepDraft(menu, draft);
    if (!(error instanceof InterruptedError)) throw error;
    return;
  }
  if (outcome === "keep") return await keepDraft(menu, draft);
  forget(menu, draft);
  if (draft.id !== null) await menu.mailbox.compose.remove(draft.id);
  if (outcome === "discard") await tell(menu, "Discarded.");
}

/** Shows what was begun and not sent. "new": none of it; null: back to the menu. */
async function chooseDraft(menu: MenuWorld): Promise<Draft | "new" | null> {
  const waiting = menu.unsaved;
  const known = new Set(waiting.map(({ id }) => id));
  const saved = (await menu.mailbox.list({ query: "in:drafts", limit: MAX_OFFERED }))
    .filter(({ id, kind }) => kind === "draft" && !known.has(id));
  if (waiting.length + saved.length === 0) return "new";
  const lines = [
    ...waiting.map(describeDraft),
    ...saved.map(({ to, title }) => `a mail to ${to.join(", ") || "nobody yet"}, "${title}"`),
  ].slice(0, MAX_OFFERED);
  await tell(menu, "Begun and not sent yet:");
  const { columns } = menu.world;
  const rows = lines.map((line, at) =>
    truncateToWidth(`  ${at + 1}) ${escapeLine(line)}`, columns)
  );
  await menu.show(rows.map((row) => `${row}\n`).join(""));
  while (true) {
    const answer = await menu.prompter.ask("Number to go on with it (Enter: a new mail): ");
    if (answer === null) return null;
    if (answer.trim() === "") return "new";
    const at = Number(answer.trim().replace(/[).]$/, "")) - 1;
    const own = waiting[at];
    if (own !== undefined) return own;
    const item = saved[at - waiting.length];
    if (item !== undefined) return draftFrom(await menu.mailbox.compose.open(item.id));
  }
}
