/** Answers from the lines of a pipe or a file: what makes the menu scriptable. */

import type { AskOptions, LineVerdict, Prompter } from "./prompter.ts";

export class LinesPrompter implements Prompter {
  readonly interactive = false;
  readonly #lines: AsyncIterator<string>;
  readonly #write: (text: string) => Promise<void>;
  #notices: string[] = [];

  /**
   * @param input Bytes of UTF-8 lines.
   * @param write Shows questions and notices.
   */
  constructor(input: AsyncIterable<Uint8Array>, write: (text: string) => Promise<void>) {
    this.#lines = splitLines(input);
    this.#write = write;
  }

  async ask(question: string, options: AskOptions = {}): Promise<string | null> {
    if (options.notices) await this.#showNotices();
    await this.#write(question);
    const answer = await this.#next();
    await this.#write("\n");
    return answer;
  }

  async askLines(take: (line: string) => LineVerdict): Promise<boolean> {
    while (true) {
      const line = await this.#next();
      if (line === null) return false;
      const verdict = take(line);
      if (verdict === "last") return true;
      if (verdict !== "more") await this.#write(`${verdict.refused}\n`);
    }
  }

  notify(text: string): void {
    this.#notices.push(text);
  }

  async #next(): Promise<string | null> {
    const { value, done } = await this.#lines.next();
    return done ? null : value;
  }

  async #showNotices(): Promise<void> {
    const text = this.#notices.map((notice) => `${notice}\n`).join("");
    this.#notices = [];
    if (text !== "") await this.#write(text);
  }
}

/** The lines without their ends (LF or CR LF); a last line without an end counts as one. */
async function* splitLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of input) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    lines[0] = pending + lines[0];
    pending = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  pending += decoder.decode();
  if (pending !== "") yield pending;
  return undefined;
}
