/**
 * Questions on a terminal in raw mode, with line editing.
 *
 * The terminal is raw only while a question waits: in between, Ctrl-C is the kernel's and ends the
 * program. What is typed ahead answers the next question.
 */

import { MailsecError } from "../../crypto/errors.ts";
import {
  choiceLines,
  completeLine,
  type Completer,
  type Completion,
  NO_COMPLETION,
} from "./completion.ts";
import { type Key, KeyDecoder } from "./keys.ts";
import { applyKey, type EditMode, EMPTY_LINE, type Line } from "./line_editor.ts";
import { drawDumb, drawRow, type View } from "./line_view.ts";
import { type AskOptions, InterruptedError, type LineVerdict, type Prompter } from "./prompter.ts";

/** A terminal's edge: bytes in, text out, and its mode. */
export interface TerminalDevice {
  /** Width in columns. */
  readonly columns: number;
  /** Whether it knows no escape sequences (TERM=dumb). */
  readonly dumb: boolean;
  write(text: string): Promise<void>;
  /** Raw: keys come one by one and are not echoed. Not raw: as it was found. */
  setRaw(raw: boolean): void;
  /** What was typed since the last call, at least a byte; null when the terminal is gone. */
  read(): Promise<Uint8Array | null>;
}

/** Bracketed paste on and off (DECSET 2004): the terminal marks what is pasted. */
const PASTE_ON = "\x1b[?2004h";
const PASTE_OFF = "\x1b[?2004l";

const BELL = "\x07";

const HOW_TO_CHANGE = "  (Enter keeps what stands there, typing replaces it, an arrow edits it.)";

interface Question {
  readonly view: View;
  readonly mode: EditMode;
  readonly complete: Completer | null;
  /** The line so far. */
  line: Line;
}

export class TerminalPrompter implements Prompter {
  readonly interactive = true;
  readonly #device: TerminalDevice;
  readonly #decoder = new KeyDecoder();
  /** Decoded and not yet used: typed ahead, or the rest of a paste. */
  #keys: Key[] = [];
  #notices: string[] = [];
  /** The question that waits and allows notices. */
  #open: Question | null = null;
  #saidHowToChange = false;

  constructor(device: TerminalDevice) {
    this.#device = device;
  }

  ask(question: string, options: AskOptions = {}): Promise<string | null> {
    return this.#raw(async () => {
      await this.#sayHowToChange(options);
      const asked = this.#question(question, "single", options);
      if (options.notices) {
        await this.#showNotices();
        this.#open = asked;
      }
      const answer = await this.#edit(asked);
      await this.#device.write("\r\n");
      return answer;
    });
  }

  askLines(take: (line: string) => LineVerdict): Promise<boolean> {
    // Raw throughout: lines that arrive faster than they are taken must not meet the kernel's own
    // line editing in between.
    return this.#raw(async () => {
      let initial = "";
      while (true) {
        const text = await this.#edit(this.#question("", "lines", { initial }));
        await this.#device.write("\r\n");
        if (text === null) return false;
        const verdict = take(text);
        if (verdict === "last") return true;
        initial = verdict === "more" ? "" : text;
        if (verdict !== "more") await this.#device.write(`${verdict.refused}\r\n`);
      }
    });
  }

  notify(text: string, { bell = false }: { bell?: boolean } = {}): void {
    this.#notices.push(text);
    // At once, though the text may have to wait.
    if (bell) void this.#device.write(BELL);
    if (this.#open !== null) void this.#showNotices();
  }

  async #raw<T>(work: () => Promise<T>): Promise<T> {
    const device = this.#device;
    device.setRaw(true);
    try {
      if (!device.dumb) await device.write(PASTE_ON);
      return await work();
    } catch (error) {
      if (error instanceof InterruptedError) await device.write("\r\n");
      throw error;
    } finally {
      this.#open = null;
      if (!device.dumb) await device.write(PASTE_OFF);
      device.setRaw(false);
    }
  }

  #question(question: string, mode: EditMode, options: AskOptions): Question {
    const device = this.#device;
    const view: View = {
      question,
      secret: options.secret ?? false,
      get columns() {
        return device.columns;
      },
    };
    const line = { before: options.initial ?? "", after: "" };
    const complete = options.complete ?? null;
    return { view, mode, complete, line: mode === "single" ? { ...line, offered: true } : line };
  }

  /** Once, when an earlier answer is offered for the first time. */
  async #sayHowToChange({ initial = "" }: AskOptions): Promise<void> {
    if (initial === "" || this.#saidHowToChange) return;
    this.#saidHowToChange = true;
    await this.#device.write(`${HOW_TO_CHANGE}\r\n`);
  }

  /** Edits until the line is submitted (its text) or the input ends (null). */
  async #edit(question: Question): Promise<string | null> {
    if (this.#device.dumb) await this.#device.write(question.view.question);
    await this.#draw(question, EMPTY_LINE);
    let drawn = question.line;
    while (true) {
      const key = await this.#nextKey();
      if (key === null) return null;
      if (question.complete !== null && key.kind === "control" && key.key === "tab") {
        drawn = await this.#complete(question, question.complete, drawn);
        continue;
      }
      const result = applyKey(question.line, key, question.mode);
      if (result.kind === "interrupted") throw new InterruptedError();
      if (result.kind === "ended") return null;
      if (result.kind === "edited") question.line = result.line;
      else question.line = { before: result.text, after: "" };
      // Several keys that came together are drawn once.
      const submitted = result.kind === "submitted";
      if (submitted || this.#keys.length === 0) {
        await this.#draw(question, drawn);
        drawn = question.line;
      }
      if (submitted) {
        this.#keys.unshift(...result.rest);
        return result.text;
      }
    }
  }

  /** Completes the line or lists what it could be; returns the line as it is drawn. */
  async #complete(question: Question, complete: Completer, drawn: Line): Promise<Line> {
    const { before, after } = question.line;
    const found = await complete(before).catch(ignoreMailsecErrors);
    const { line, choices } = completeLine({ before, after }, found);
    question.line = line;
    if (choices.length === 0) {
      await this.#draw(question, drawn);
      if (found.candidates.length === 0) await this.#device.write(BELL);
      return question.line;
    }
    const { view } = question;
    const list = choiceLines(choices, view.columns).map((text) => `\r\n${text}`).join("");
    await this.#device.write(
      this.#device.dumb
        ? `${list}\r\n${view.question}${drawDumb(EMPTY_LINE, line, view)}`
        : `${list}\r\n${drawRow(line, view)}`,
    );
    return line;
  }

  async #draw({ view, line }: Question, drawn: Line): Promise<void> {
    await this.#device.write(this.#device.dumb ? drawDumb(drawn, line, view) : drawRow(line, view));
  }

  async #nextKey(): Promise<Key | null> {
    while (this.#keys.length === 0) {
      const bytes = await this.#device.read();
      if (bytes === null) return null;
      this.#keys = this.#decoder.push(bytes);
    }
    return this.#keys.shift()!;
  }

  async #showNotices(): Promise<void> {
    const text = this.#notices.map((notice) => `${notice}\r\n`).join("");
    this.#notices = [];
    if (text === "") return;
    if (this.#open === null) return await this.#device.write(text);
    const { line, view } = this.#open;
    await this.#device.write(
      this.#device.dumb
        ? `\r\n${text}${view.question}${drawDumb(EMPTY_LINE, line, view)}`
        : `\r\x1b[K${text}${drawRow(line, view)}`,
    );
  }
}

/** What cannot be looked up now is not completed. */
function ignoreMailsecErrors(error: unknown): Completion {
  if (error instanceof MailsecError) return NO_COMPLETION;
  throw error;
}
