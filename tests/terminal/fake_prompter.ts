/** Prepared answers instead of a person. */

import type { Prompter } from "../../client/terminal/prompter.ts";

/** Answers question after question; after the last answer the input has ended. */
export function promptAnswering(answers: readonly (string | null)[]): Prompter {
  const queue = [...answers];
  return {
    interactive: true,
    ask: () => Promise.resolve(queue.shift() ?? null),
    askLines: () => Promise.resolve(false),
    notify: () => {},
  };
}
