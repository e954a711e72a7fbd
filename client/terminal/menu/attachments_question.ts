/** Files that go with a mail: added one after the other, taken away again. */

import { escapeLine } from "../../../cli/escape.ts";
import { MailsecError } from "../../../crypto/errors.ts";
import { maxAttachedBytes, readAttachment } from "../../commands/attached_files.ts";
import type { OutgoingAttachment } from "../../mailbox_types.ts";
import { formatSize } from "../format.ts";
import { pathCompleter } from "./complete/paths.ts";
import type { Draft } from "./draft.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";
import { existingPath } from "./paths.ts";

/** Asks for files until an empty answer; each is read and checked at once. */
export async function askAttachments(menu: MenuWorld, draft: Draft): Promise<void> {
  const complete = pathCompleter({ env: menu.world.env });
  let initial = "";
  while (true) {
    const answer = await menu.prompter.ask("File to attach (Enter: no more): ", {
      ...{ initial, complete },
    });
    if (answer === null || answer.trim() === "") return;
    try {
      const path = await existingPath(answer, menu.world.env);
      const attached = draft.attachments.reduce((sum, { content }) => sum + content.length, 0);
      const most = maxAttachedBytes(menu.mailbox.limits.maxMessageBytes);
      const file = await readAttachment(path, most - attached);
      draft.attachments = [...draft.attachments, file];
      draft.sealed = null;
      await tell(menu, `Attached: ${attachmentText(file)}`);
      initial = "";
    } catch (error) {
      if (!(error instanceof MailsecError)) throw error;
      await tellError(menu, error);
      initial = answer;
    }
  }
}

/** Asks which attachment to take away. */
export async function takeAwayAttachment(menu: MenuWorld, draft: Draft): Promise<void> {
  const { attachments } = draft;
  const answer = attachments.length === 1
    ? "1"
    : await menu.prompter.ask("Number of the attachment to take away (Enter: none): ");
  const taken = attachments[Number(answer) - 1];
  if (taken === undefined) return;
  draft.attachments = attachments.filter((file) => file !== taken);
  draft.sealed = null;
  await tell(menu, `Taken away: ${taken.name}`);
}

/** `report.pdf (1.2 MB)`, escaped. */
export function attachmentText({ name, content }: OutgoingAttachment): string {
  return `${escapeLine(name)} (${formatSize(content.length)})`;
}
