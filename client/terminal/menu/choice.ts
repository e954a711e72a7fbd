/** Choosing one of a few things by its letter. */

import { escapeLine } from "../../../cli/escape.ts";
import type { MenuWorld } from "./menu_world.ts";

/**
 * Shows what can be done and asks until one of the letters is chosen.
 *
 * @param choices What each letter does, in the order shown; undefined: nothing now.
 * @returns The letter; null to go back.
 */
export async function askLetter<Letter extends string>(
  { prompter, show }: Pick<MenuWorld, "prompter" | "show">,
  choices: { readonly [L in Letter]?: string | undefined },
): Promise<Letter | null> {
  const offered = Object.entries<string | undefined>(choices)
    .filter((choice): choice is [Letter, string] => choice[1] !== undefined);
  await show(offered.map(([letter, text]) => `  ${letter}) ${escapeLine(text)}\n`).join(""));
  const question = offered.length > 0 ? "Your choice (Enter goes back): " : "Enter goes back: ";
  while (true) {
    const answer = await prompter.ask(question);
    const word = answer?.trim().toLowerCase().replace(/[).]$/, "") ?? "";
    if (word === "") return null;
    const chosen = offered.find(([letter]) => letter === word);
    if (chosen !== undefined) return chosen[0];
  }
}
