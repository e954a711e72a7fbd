/**
 * The terminal that this program runs in, found through its standard streams.
 *
 * Opening /dev/tty would need Deno's --allow-all; a `ReadStream` on the first standard stream that
 * is a terminal needs no permission, works when standard input is a pipe, and can be raw.
 */

import tty from "node:tty";
import { atEndingSignal } from "./ending_signals.ts";
import type { TerminalDevice } from "./terminal_prompter.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** The terminal, or null when none of the standard streams is one. One for the whole process. */
let found: TerminalDevice | null | undefined;
let reader: TtyReader | null = null;

/**
 * @param env Reads an environment variable (TERM).
 */
export function processTerminal(
  env: (name: string) => string | undefined,
): TerminalDevice | null {
  found ??= openTerminal(env("TERM") === "dumb");
  return found;
}

/** As if the user had ended the input: whoever asks hears so, now and from now on. */
export function endInput(): void {
  reader?.end();
}

function openTerminal(dumb: boolean): TerminalDevice | null {
  const input = [STDIN, STDERR, STDOUT].find((fd) => tty.isatty(fd));
  if (input === undefined) return null;
  const reading = reader = new TtyReader(new tty.ReadStream(input));
  // Questions go to standard error, so that what standard output is sent to stays clean.
  const output = [STDERR, STDOUT].find((fd) => tty.isatty(fd));
  const write = output === undefined
    ? streamWriter(new tty.WriteStream(input))
    : fileWriter(output === STDERR ? Deno.stderr : Deno.stdout);
  return {
    get columns() {
      return columnsOf();
    },
    dumb,
    write,
    setRaw(raw) {
      reading.setRaw(raw);
      restoreAtEnd(raw, () => reading.end());
    },
    read: () => reading.read(),
  };
}

/** Reads while the terminal is raw; in between it leaves what is typed to the kernel. */
class TtyReader {
  readonly #stream: tty.ReadStream;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(stream: tty.ReadStream) {
    this.#stream = stream;
    stream.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#wake?.();
    });
    stream.on("end", () => this.#end());
    stream.on("error", () => this.#end());
    stream.pause();
  }

  /** Nothing more is read: who asks hears that the input has ended, and saves what was begun. */
  end(): void {
    this.setRaw(false);
    this.#chunks = [];
    this.#end();
  }

  setRaw(raw: boolean): void {
    this.#stream.setRawMode(raw);
    if (raw) this.#stream.resume();
    else this.#stream.pause();
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#chunks.shift()!;
  }
}

let stopWatching = () => {};

/** Sees to it that a program that is ended while it asks something leaves the terminal usable. */
function restoreAtEnd(raw: boolean, end: () => void): void {
  stopWatching();
  stopWatching = raw ? atEndingSignal(end) : () => {};
}

function fileWriter(stream: { writeSync(bytes: Uint8Array): number }) {
  const encoder = new TextEncoder();
  return (text: string): Promise<void> => {
    let rest = encoder.encode(text);
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
    return Promise.resolve();
  };
}

function streamWriter(stream: tty.WriteStream) {
  return (text: string) => new Promise<void>((resolve) => stream.write(text, () => resolve()));
}

function columnsOf(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    // Only standard input and output are asked by Deno; the usual width is safe elsewhere.
    return 80;
  }
}
