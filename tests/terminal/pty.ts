/**
 * Drives a program in a pseudo-terminal. util-linux's `script` makes the terminal; what is typed
 * goes to its standard input, what the program shows comes from its standard output.
 */

/** What has not been shown by then never will be. Generous: the machine may be busy. */
const EXPECT_TIMEOUT_MS = 30_000;

export interface PtyOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Width of the terminal in columns. */
  readonly columns?: number;
}

export interface PtyResult {
  readonly code: number;
  /** All that was shown, escape sequences included. */
  readonly output: string;
}

export class Pty {
  #output = "";
  /** Up to where the output has been matched by `expect`. */
  #seen = 0;
  #ended = false;
  #wake: () => void = () => {};
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;

  /** @param shellCommand Run by sh in the terminal; `quoted` helps to write it. */
  constructor(shellCommand: string, { env = {}, cwd, columns = 80 }: PtyOptions = {}) {
    const command = `stty cols ${columns} rows 40; ${shellCommand}`;
    this.#process = new Deno.Command("script", {
      args: ["-qfec", command, "/dev/null"],
      env: { TERM: "xterm", SHELL: "/bin/sh", ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** All that was shown so far. */
  get output(): string {
    return this.#output;
  }

  /**
   * Waits until something is shown, after what was expected before.
   *
   * @throws {Error} with what was shown when the program ends or nothing comes; it is ended then.
   */
  async expect(pattern: string | RegExp): Promise<string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, EXPECT_TIMEOUT_MS);
    try {
      while (true) {
        const rest = this.#output.slice(this.#seen);
        const found = typeof pattern === "string" ? literal(rest, pattern) : pattern.exec(rest);
        if (found !== null) {
          this.#seen += found.index + found[0].length;
          return found[0];
        }
        if (this.#ended || late) return await this.#fail(`"${pattern}" was not shown`, rest);
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #fail(what: string, shown: string): Promise<never> {
    if (!this.#ended) this.#process.kill("SIGKILL");
    await this.end();
    throw new Error(`${what}; this was: ${JSON.stringify(shown)}`);
  }

  /** Types, as it is: Enter is `\r`. */
  async type(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Answers a question: waits for it and types the answer and Enter. */
  async answer(question: string | RegExp, text: string): Promise<void> {
    await this.expect(question);
    await this.type(`${text}\r`);
  }

  /** Waits for the end of the program. */
  async end(): Promise<PtyResult> {
    const [{ code }] = await Promise.all([this.#process.status, this.#reading]);
    await this.#input.close().catch(() => {});
    return { code, output: this.#output };
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stdout) {
      this.#output += decoder.decode(chunk, { stream: true });
      this.#wake();
    }
    this.#ended = true;
    this.#wake();
  }
}

function literal(text: string, wanted: string): { index: number; 0: string } | null {
  const index = text.indexOf(wanted);
  return index === -1 ? null : { index, 0: wanted };
}

/** A command line for sh. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}
