/** A line on standard error that is written over again and again, on a terminal only. */

import type { CommandContext } from "../../cli/command.ts";

export class StatusLine {
  /** Whether anything is shown at all. */
  readonly shown: boolean;
  readonly #stderr: CommandContext["stderr"];
  #written: Promise<void> = Promise.resolve();
  #isThere = false;

  constructor(context: Pick<CommandContext, "stderr" | "stderrIsTerminal" | "env">) {
    this.shown = context.stderrIsTerminal && context.env("TERM") !== "dumb";
    this.#stderr = context.stderr;
  }

  write(text: string): void {
    if (!this.shown) return;
    this.#isThere = true;
    this.#put(`\r\x1b[K${text}`);
  }

  /** Takes the line away again. */
  async end(): Promise<void> {
    if (this.#isThere) this.#put("\r\x1b[K");
    this.#isThere = false;
    await this.#written;
  }

  #put(text: string): void {
    this.#written = this.#written.then(() => this.#stderr(text));
  }
}
