/**
 * The terminal that this program runs in, found through its standard streams.
 *
 * Opening /dev/tty would need Deno's --allow-all; a `ReadStream` on the first standard stream that
 * is a terminal needs no permission, works when standard input is a pipe, and can be raw.
 */

import tty from "node:tty";
import type { TerminalDevice } from "./terminal_prompter.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** The terminal, or null when none of the standard streams is one. One for the whole process. */
let found: TerminalDevice | null | undefined;

/**
 * @param env Reads an environment variable (TERM).
 */
export function processTerminal(
  env: (name: string) => string | undefined,
): TerminalDevice | null {
  found ??= openTerminal(env("TERM") === "dumb");
  return found;
}

function openTerminal(dumb: boolean): TerminalDevice | null {
  const input = [STDIN, STDERR, STDOUT].find((fd) => tty.isatty(fd));
  if (input === undefined) return null;
  const reader = new TtyReader(new tty.ReadStream(input));
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
      reader.setRaw(raw);
      restoreAtEnd(raw, () => reader.setRaw(false));
    },
    read: () => reader.read(),
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
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    stream.on("end", end);
    stream.on("error", end);
    stream.pause();
  }

  setRaw(raw: boolean): void {
    this.#stream.setRawMode(raw);
    if (raw) this.#stream.resume();
    else this.#stream.pause();
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#chunks.shift()!;
  }
}

/** Signals that end the program, and with which exit code a shell would report them. */
const ENDING_SIGNALS = [["SIGHUP", 129], ["SIGTERM", 143]] as const;
let stopWatching = () => {};

/** Sees to it that a program that is ended while the terminal is raw leaves it usable. */
function restoreAtEnd(raw: boolean, restore: () => void): void {
  stopWatching();
  stopWatching = () => {};
  // Windows has neither signal, and its consoles reset themselves.
  if (!raw || Deno.build.os === "windows") return;
  const listeners = ENDING_SIGNALS.map(([signal, code]) => {
    const listener = () => {
      restore();
      Deno.exit(code);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  stopWatching = () => listeners.forEach((remove) => remove());
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
