/**
 * A command of the user's that is run for each mail, one after another. What a mail says goes into
 * its environment and its standard input only, never into the text that the shell reads.
 */

import { escapeLine } from "../../cli/escape.ts";
import { utf8 } from "../../crypto/bytes.ts";

/** A command that runs for longer is ended. */
const TIME_LIMIT_MS = 60_000;
/** Mails that may wait here; whoever has more waits with them. */
const MAX_WAITING = 100;

export interface HookMail {
  readonly id: string;
  readonly index: number;
  readonly from: string;
  readonly title: string;
  /** What goes to standard input. */
  readonly json: string;
}

export class Hook {
  readonly #command: string;
  readonly #onProblem: (text: string) => void;
  readonly #timeLimitMs: number;
  #last: Promise<void> = Promise.resolve();
  /** The ends of what was begun last, the earliest first. */
  readonly #ends: Promise<void>[] = [];
  #running: Deno.ChildProcess | null = null;
  #stopped = false;

  /** @param command For `sh -c`. */
  constructor(
    command: string,
    { onProblem, timeLimitMs = TIME_LIMIT_MS }: {
      onProblem: (text: string) => void;
      timeLimitMs?: number;
    },
  ) {
    this.#command = command;
    this.#onProblem = onProblem;
    this.#timeLimitMs = timeLimitMs;
  }

  /** Runs the command for a mail when it is its turn. Resolves when the next mail may come. */
  async run(mail: HookMail): Promise<void> {
    this.#last = this.#last.then(() => this.#stopped ? undefined : this.#runOne(mail));
    this.#ends.push(this.#last);
    if (this.#ends.length > MAX_WAITING) await this.#ends.shift();
  }

  /** Resolves when the command has been run for all mails so far. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Ends what is running; what waits is not run. */
  async stop(): Promise<void> {
    this.#stopped = true;
    end(this.#running);
    await this.#last;
  }

  async #runOne({ id, index, from, title, json }: HookMail): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const child = new Deno.Command("sh", {
        args: ["-c", this.#command],
        env: {
          MAILSEC_ID: id,
          MAILSEC_INDEX: String(index),
          MAILSEC_FROM: plain(from),
          MAILSEC_TITLE: plain(title),
        },
        stdin: "piped",
        stdout: "inherit",
        stderr: "inherit",
      }).spawn();
      this.#running = child;
      let tooLong = false;
      timer = setTimeout(() => {
        tooLong = true;
        end(child);
      }, this.#timeLimitMs);
      await feed(child, json);
      const { code, signal } = await child.status;
      if (tooLong) this.#onProblem("The command took too long and was ended.");
      else if (!this.#stopped && code !== 0) {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        this.#onProblem(`The command ended ${how}.`);
      }
    } catch (error) {
      this.#onProblem(`The command cannot be run: ${(error as Error).message}`);
    } finally {
      clearTimeout(timer);
      this.#running = null;
    }
  }
}

/** A command need not read what it is given. */
async function feed(child: Deno.ChildProcess, json: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(utf8(`${json}\n`));
    await writer.close();
  } catch {
    writer.releaseLock();
  }
}

function end(child: Deno.ChildProcess | null): void {
  try {
    child?.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Without what a terminal would act on; an environment variable cannot have a NUL anyway. */
function plain(text: string): string {
  return escapeLine(text);
}
