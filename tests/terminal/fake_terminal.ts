/** A terminal for the tests: keys are prepared, what is written is remembered. */

import type { TerminalDevice } from "../../client/terminal/terminal_prompter.ts";

export class FakeTerminal implements TerminalDevice {
  columns = 60;
  written = "";
  raw = false;
  /** Every change of the mode. */
  readonly modes: boolean[] = [];
  readonly #chunks: string[];
  /** Resolves reads that found no chunk, when more is typed. */
  #wake: (() => void) | null = null;
  #gone = false;

  constructor(chunks: readonly string[], readonly dumb = false) {
    this.#chunks = [...chunks];
  }

  write(text: string): Promise<void> {
    this.written += text;
    return Promise.resolve();
  }

  setRaw(raw: boolean): void {
    this.raw = raw;
    this.modes.push(raw);
  }

  async read(): Promise<Uint8Array | null> {
    if (!this.raw) throw new Error("the terminal is read while it is not raw");
    while (this.#chunks.length === 0) {
      if (this.#gone) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return new TextEncoder().encode(this.#chunks.shift());
  }

  type(text: string): void {
    this.#chunks.push(text);
    this.#wake?.();
  }

  hangUp(): void {
    this.#gone = true;
    this.#wake?.();
  }

  /** What a reader of the last row sees. */
  get lastRow(): string {
    // deno-lint-ignore no-control-regex
    const rows = this.written.replaceAll(/\x1b\[\?2004[hl]/g, "").split("\r\n").at(-1)!;
    return rows.split("\r\x1b[K").at(-1)!;
  }
}
