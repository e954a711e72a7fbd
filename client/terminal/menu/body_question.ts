/** The body of a mail: typed, or loaded from a file. */

import { readBodyFile } from "../../commands/body_source.ts";
import { MailsecError } from "../../../crypto/errors.ts";
import { formatSize } from "../format.ts";
import type { LineVerdict } from "../prompter.ts";
import { pathCompleter } from "./complete/paths.ts";
import { bytesOf, type Draft, type DraftBody, textBody } from "./draft.ts";
import { editBody } from "./editor.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";
import { baseName, existingPath } from "./paths.ts";

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
    const complete = pathCompleter({ env: menu.world.env });
    const answer = await menu.prompter.ask(question(menu, draft), { initial: path, complete });
    if (answer === null) return false;
    if (answer.trim() === "e" && menu.edit !== undefined) {
      if (await editBody(menu, draft)) return true;
      continue;
    }
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

function question({ edit }: MenuWorld, { body }: Draft): string {
  const editor = edit === undefined ? "" : ", e: editor";
  return body === null
    ? `File to load the body from (Enter to type it${editor}): `
    : `Body of ${formatSize(body.size)}: Enter keeps it, t types it anew${editor}, or a file: `;
}

/**
 * The text of an answer, below what it quotes, or of a mail passed on, above it. False when the
 * input ended.
 */
export async function askTextWithQuote(menu: MenuWorld, draft: Draft): Promise<boolean> {
  const quote = draft.body;
  if (quote === null || typeof quote.content !== "string") return await askBody(menu, draft);
  const editor = menu.edit === undefined ? "" : ", e: editor";
  while (true) {
    const answer = await menu.prompter.ask(
      `Text (Enter to type it, n: without the quoted text${editor}): `,
    );
    if (answer === null) return false;
    const word = answer.trim().toLowerCase();
    if (word === "e" && menu.edit !== undefined) {
      if (await editBody(menu, draft)) return true;
    } else if (word === "" || word === "n") {
      draft.body = null;
      if (!(await typeBody(menu, draft))) return false;
      const { content } = draft.body as unknown as DraftBody;
      if (word === "") {
        draft.body = textBody(
          draft.forwards === null ? quote.content + content : content + quote.content,
        );
      }
      return true;
    }
  }
}

async function loadBody(menu: MenuWorld, answer: string): Promise<DraftBody> {
  const path = await existingPath(answer, menu.world.env);
  const content = new Uint8Array(await readBodyFile(path, menu.mailbox.limits.maxBodyBytes));
  return { content, size: content.length, fileName: baseName(path) };
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
