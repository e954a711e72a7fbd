/**
 * From the bytes of a terminal in raw mode to keys. Understands UTF-8 cut anywhere, the usual
 * control characters, the escape sequences of cursor keys (ECMA-48 CSI and SS3) and bracketed
 * paste; other sequences are swallowed whole, so that they never end up in what is typed.
 */

export type ControlKey =
  | "enter"
  | "backspace"
  | "delete"
  | "left"
  | "right"
  | "wordLeft"
  | "wordRight"
  | "home"
  | "end"
  | "deleteWord"
  | "deleteToStart"
  | "deleteToEnd"
  | "redraw"
  | "tab"
  | "interrupt"
  | "endOfInput";

export type Key =
  | { readonly kind: "text"; readonly text: string }
  /** Line ends in it are `\n`. */
  | { readonly kind: "paste"; readonly text: string }
  | { readonly kind: "control"; readonly key: ControlKey };

const CONTROLS: Readonly<Record<string, ControlKey>> = {
  "\r": "enter",
  "\n": "enter",
  "\x01": "home",
  "\x02": "left",
  "\x03": "interrupt",
  "\x04": "endOfInput",
  "\x05": "end",
  "\x06": "right",
  "\x08": "backspace",
  "\t": "tab",
  "\x0b": "deleteToEnd",
  "\x0c": "redraw",
  "\x15": "deleteToStart",
  "\x17": "deleteWord",
  "\x7f": "backspace",
};

/** What follows ESC. */
const SEQUENCES: Readonly<Record<string, ControlKey>> = {
  "[D": "left",
  "[C": "right",
  "[H": "home",
  "[F": "end",
  "OD": "left",
  "OC": "right",
  "OH": "home",
  "OF": "end",
  "[1~": "home",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[3~": "delete",
  "[1;5D": "wordLeft",
  "[1;5C": "wordRight",
  "[1;3D": "wordLeft",
  "[1;3C": "wordRight",
  "b": "wordLeft",
  "f": "wordRight",
  "\x7f": "deleteWord",
  "\x08": "deleteWord",
};

const PASTE_START = "[200~";
const PASTE_END = "\x1b[201~";
/** A whole sequence after ESC: CSI, SS3, or one character (Alt and a key). */
const SEQUENCE = /^(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O.|[^[O])/su;
// deno-lint-ignore no-control-regex
const TEXT = /^[^\x00-\x1f\x7f-\x9f]+/;

export class KeyDecoder {
  readonly #utf8 = new TextDecoder();
  /** Received and not yet decoded: at most an unfinished escape sequence between two calls. */
  #pending = "";
  /** What was pasted so far, while a paste lasts. */
  #paste: string | null = null;
  #lastWasReturn = false;

  /** Takes what the terminal sent and returns the keys that are complete. */
  push(bytes: Uint8Array): Key[] {
    this.#pending += this.#utf8.decode(bytes, { stream: true });
    const keys: Key[] = [];
    while (this.#pending !== "") {
      const before = this.#pending;
      const key = this.#paste === null ? this.#next() : this.#pasted();
      if (key === "incomplete") break;
      if (key !== null) keys.push(key);
      // Some terminals and all files end lines with CR LF: one key, not two.
      this.#lastWasReturn = before.startsWith("\r") && this.#paste === null;
    }
    return keys;
  }

  /** The next key, null for something to be ignored. */
  #next(): Key | null | "incomplete" {
    const text = TEXT.exec(this.#pending)?.[0];
    if (text !== undefined) {
      this.#take(text.length);
      return { kind: "text", text };
    }
    if (this.#pending.startsWith("\x1b")) return this.#escape();
    const character = this.#take(1);
    if (character === "\n" && this.#lastWasReturn) return null;
    const key = CONTROLS[character];
    return key === undefined ? null : { kind: "control", key };
  }

  #escape(): Key | null | "incomplete" {
    const rest = this.#pending.slice(1);
    const sequence = SEQUENCE.exec(rest)?.[0];
    if (sequence === undefined) {
      if (rest === "" || /^[[O]/.test(rest)) {
        // A sequence that never ends must not gather everything typed after it.
        if (rest.length < 64) return "incomplete";
      }
      this.#take(1);
      return null;
    }
    this.#take(1 + sequence.length);
    if (sequence === PASTE_START) {
      this.#paste = "";
      return null;
    }
    const key = SEQUENCES[sequence];
    return key === undefined ? null : { kind: "control", key };
  }

  #pasted(): Key | "incomplete" {
    const end = this.#pending.indexOf(PASTE_END);
    if (end === -1) {
      // The end mark itself may be cut: its beginning stays pending.
      const kept = longestStartAtEnd(this.#pending, PASTE_END);
      this.#paste += this.#take(this.#pending.length - kept);
      return "incomplete";
    }
    const text = (this.#paste + this.#take(end)).replaceAll(/\r\n?/g, "\n");
    this.#take(PASTE_END.length);
    this.#paste = null;
    return { kind: "paste", text };
  }

  #take(length: number): string {
    const taken = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return taken;
  }
}

/** Length of the longest beginning of `mark` that `text` ends with. */
function longestStartAtEnd(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
