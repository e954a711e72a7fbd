/** Asking a person, or a file of prepared answers that stands in for one. */

import { MailsecError } from "../../crypto/errors.ts";
import type { Completer } from "./completion.ts";

export interface AskOptions {
  /** An earlier answer that stands in the line already: accepted, changed, or typed over. */
  readonly initial?: string;
  /** Nothing of what is typed is shown. */
  readonly secret?: boolean;
  /** Whether notices may be shown while this question waits. */
  readonly notices?: boolean;
  /** What Tab completes; without it Tab is a character like others. */
  readonly complete?: Completer;
}

/**
 * What becomes of a line of a longer text: it was the last, another one is wanted, or it was not
 * taken for the reason given (then a person can change it).
 */
export type LineVerdict = "last" | "more" | { readonly refused: string };

export interface Prompter {
  /** Whether a person answers: what is wrong can be explained and asked again. */
  readonly interactive: boolean;
  /**
   * Asks, and returns the answer, or null when there will be no more answers (Ctrl-D, end of the
   * input).
   *
   * @throws {InterruptedError} on Ctrl-C; the terminal is as it was before.
   */
  ask(question: string, options?: AskOptions): Promise<string | null>;
  /**
   * Gives line after line to `take` until that was the last. False when the input ended before.
   *
   * @throws {InterruptedError} as `ask`.
   */
  askLines(take: (line: string) => LineVerdict): Promise<boolean>;
  /** Shows a notice as soon as that disturbs nobody: between questions, or where they allow it. */
  notify(text: string, options?: { readonly bell?: boolean }): void;
}

/** Ctrl-C at a question. Ends with exit code 130, as if the signal had done it. */
export class InterruptedError extends MailsecError {
  override name = "InterruptedError";

  constructor() {
    super("interrupted", "Interrupted.");
  }
}
