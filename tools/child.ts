/** What a finished program left behind. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ChildOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** What the program reads; nothing unless given. */
  stdin?: Uint8Array;
}

/**
 * A running program whose output is kept as text. Its owner waits for `finished` (after `kill`
 * where it would not end by itself); until then it holds resources.
 */
export class Child {
  readonly finished: Promise<Finished>;
  /** All that was written so far. */
  readonly written = { stdout: "", stderr: "" };
  readonly #process: Deno.ChildProcess;
  #ended = false;
  #waiters: (() => void)[] = [];

  constructor(command: string[], options: ChildOptions = {}) {
    const [program = "", ...args] = command;
    this.#process = new Deno.Command(program, {
      args,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.env ?? {},
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.finished = this.#finish(options.stdin);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Sends a signal; nothing happens when the program has already ended. */
  kill(signal: Deno.Signal): void {
    if (!this.#ended) this.#process.kill(signal);
  }

  /**
   * Waits until the program has written something that matches. Throws an Error with all that it
   * wrote when it ends before that.
   */
  async waitFor(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.written[stream]);
      if (match !== null) return match;
      if (this.#ended) {
        const { stdout, stderr } = this.written;
        throw new Error(`the program ended before it wrote ${pattern}:\n${stdout}${stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async #finish(stdin: Uint8Array | undefined): Promise<Finished> {
    const [status] = await Promise.all([
      this.#process.status,
      this.#keep("stdout"),
      this.#keep("stderr"),
      stdin === undefined ? null : this.#feed(stdin),
    ]);
    this.#ended = true;
    this.#wake();
    return { code: status.code, ...this.written };
  }

  async #keep(stream: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process[stream]) {
      this.written[stream] += decoder.decode(chunk, { stream: true });
      this.#wake();
    }
  }

  /** A program that ends without reading everything is no fault of ours. */
  async #feed(bytes: Uint8Array): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(bytes).then(() => writer.close()).catch(() => {});
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

/** Runs a program to its end. */
export function runToEnd(command: string[], options: ChildOptions = {}): Promise<Finished> {
  return new Child(command, options).finished;
}
