/** The body of a mail: typed, or loaded from a file. */

import { readBodyFile } from "../../commands/body_source.ts";
import { MailsecError } from "../../../crypto/errors.ts";
import { formatSize } from "../format.ts";
import type { LineVerdict } from "../prompter.ts";
import { bytesOf, type Draft, type DraftBody } from "./draft.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";

const HOW_TO_END = 'Type the text. A line with a single "." ends it (for such a line type "..").';

/** Two dots or more and nothing else: one of them is there to tell the line from the end. */
const DOTTED_LINE = /^\.{2,}$/;

/**
 * Asks for the body until there is one; mistakes are asked about again. False when the input
 * ended: what was typed stays in the draft.
 */
export async function askBody(menu: MenuWorld, draft: Draft): Promise<boolean> {
  let path = "";
  while (true) {
    if (draft.lines.length > 0) return await typeBody(menu, draft);
    const answer = await menu.prompter.ask(question(draft), { initial: path });
    if (answer === null) return false;
    if (answer.trim() === "" && draft.body !== null) return true;
    if (answer.trim() === "" || (answer.trim() === "t" && draft.body !== null)) {
      return await typeBody(menu, draft);
    }
    try {
      draft.body = await loadBody(menu, answer);
      await tell(menu, `Loaded ${formatSize(draft.body.size)}.`);
      return true;
    } catch (error) {
      if (!(error instanceof MailsecError)) throw error;
      await tellError(menu, error);
      path = answer;
    }
  }
}

function question({ body }: Draft): string {
  return body === null
    ? "File to load the body from (Enter to type it): "
    : `Body of ${formatSize(body.size)}: Enter keeps it, t types it anew, or a file: `;
}

async function loadBody(menu: MenuWorld, answer: string): Promise<DraftBody> {
  const path = await existingPath(menu, answer);
  const content = await readBodyFile(path, menu.mailbox.limits.maxBodyBytes);
  const fileName = path.replace(/^.*[\\/]/s, "");
  return { content, size: content.length, fileName };
}

/** The file meant: as typed, or without the blanks around it; `~/` is the home folder. */
async function existingPath({ world }: MenuWorld, answer: string): Promise<string> {
  const home = world.env("HOME");
  const expand = (path: string) =>
    home !== undefined && path.startsWith("~/") ? home + path.slice(1) : path;
  const asTyped = expand(answer);
  const exists = await Deno.lstat(asTyped).then(() => true, () => false);
  return exists ? asTyped : expand(answer.trim());
}

/** Adds lines to those the draft has, up to the line that ends the body. */
async function typeBody(menu: MenuWorld, draft: Draft): Promise<boolean> {
  const { maxBodyBytes } = menu.mailbox.limits;
  await tell(menu, HOW_TO_END);
  for (const line of draft.lines) await menu.world.stderr(`${line}\n`);
  let size = bytesOf(draft.lines.join("\n"));
  const complete = await menu.prompter.askLines((typed): LineVerdict => {
    if (typed === ".") return "last";
    const line = DOTTED_LINE.test(typed) ? typed.slice(1) : typed;
    const grown = size + bytesOf(line) + (draft.lines.length > 0 ? 1 : 0);
    if (grown > maxBodyBytes) {
      return {
        refused: `This line does not fit: ${formatSize(maxBodyBytes - size)} are left. ` +
          'Shorten it, or end with ".".',
      };
    }
    size = grown;
    draft.lines.push(line);
    return "more";
  });
  if (!complete) return false;
  const content = draft.lines.join("\n");
  draft.body = { content, size: bytesOf(content) };
  draft.lines = [];
  return true;
}
