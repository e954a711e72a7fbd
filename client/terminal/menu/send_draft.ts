/** Sends what was written; when that fails, asks for what was wrong and nothing else. */

import { escapeLine } from "../../../cli/escape.ts";
import {
  KeyChangedError,
  RecipientsError,
  SendInterruptedError,
  TooLargeError,
} from "../../errors.ts";
import type { SentMail } from "../../mailbox_types.ts";
import { formatSize } from "../format.ts";
import { progressLine } from "../progress.ts";
import { confirm } from "../questions.ts";
import { askBody } from "./body_question.ts";
import { acceptKeys, askRecipients, askTitle } from "./head_questions.ts";
import { type Draft, outgoing } from "./draft.ts";
import { endsMenu, type MenuWorld, tellError } from "./menu_world.ts";

/** Sends until it is sent (true) or the user gives up for now (false). */
export async function sendDraft(menu: MenuWorld, draft: Draft): Promise<boolean> {
  while (true) {
    try {
      const sent = await send(menu, draft);
      const bcc = sent.bcc.map((name) => `${name} (bcc)`);
      const names = escapeLine([...sent.to, ...sent.cc, ...bcc].join(", "));
      await menu.show(`Sent ${formatSize(sent.size)} to ${names}.\n`);
      return true;
    } catch (error) {
      if (endsMenu(error)) throw error;
      if (!(await mend(menu, draft, error))) return false;
    }
  }
}

async function send(menu: MenuWorld, draft: Draft): Promise<SentMail> {
  const { onProgress, end } = progressLine(menu.world, "Sending");
  const sending = draft.sealed === null
    ? menu.mailbox.send({ ...outgoing(draft), onProgress })
    : menu.mailbox.deliver(draft.sealed, onProgress);
  return await sending.finally(end);
}

/** Asks for what was wrong. False: not now. */
async function mend(menu: MenuWorld, draft: Draft, error: unknown): Promise<boolean> {
  if (error instanceof KeyChangedError) {
    return await acceptKeys(menu, draft, error) || await askRecipients(menu, draft);
  }
  await tellError(menu, error);
  const ask = questionAbout(error);
  if (ask !== null) {
    // It was refused, so it has not arrived: what is changed now is another mail.
    draft.sealed = null;
    return await ask(menu, draft);
  }
  // The very same sealed mail again: it is neither lost nor doubled.
  if (error instanceof SendInterruptedError) draft.sealed = error.sealed;
  return await confirm(menu.prompter, "Send it again?", true);
}

/** Asks again for what the server, or a limit, has refused. */
function questionAbout(error: unknown) {
  if (error instanceof RecipientsError) return askRecipients;
  if (!(error instanceof TooLargeError)) return null;
  return error.what === "title" ? askTitle : askBody;
}
