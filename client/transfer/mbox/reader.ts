/**
 * Reads an mbox as it streams by: mboxrd exactly, and mboxo and mboxcl as far as they can be told
 * (docs/transfer.md says what is guessed). Holds one mail at a time, and of one that is too large
 * nothing.
 */

import { type Bytes, concat } from "../../../crypto/bytes.ts";
import { tooLarge } from "../problems.ts";
import type { MailMarks, MailRead, Place, TransferProblem } from "../types.ts";
import { foreignMarks, readMarksBlock } from "./marks.ts";
import { isFromAt, unquoteFrom } from "./quoting.ts";
import { MAX_SEPARATOR_BYTES, separatorDate } from "./separator.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const FROM_BYTES = 5;
/** What lines of ours and the separator add to a mail at most, in bytes. */
const OVERHEAD_BYTES = 64 * 1024;

export interface MboxOptions {
  /** Name of the file, for reports. */
  readonly file: string;
  /** Greatest mail, in bytes; a larger one is a problem. */
  readonly maxMailBytes: number;
}

/** A mail whose end has not been met yet. */
interface Begun {
  readonly place: Place;
  readonly date: number;
}

/**
 * The mails of an mbox, in order, and what is wrong with some.
 *
 * @param chunks The bytes of the file; each chunk is the reader's from then on.
 */
export async function* readMbox(
  chunks: AsyncIterable<Uint8Array>,
  options: MboxOptions,
): AsyncGenerator<MailRead | TransferProblem, void, void> {
  const reader = new MboxReader(options);
  for await (const chunk of chunks) {
    yield* reader.push(chunk);
    if (reader.isNone) return;
  }
  yield* reader.finish();
}

class MboxReader {
  readonly #options: MboxOptions;
  /** Greatest mail as it stands in the file: quoting makes it longer. */
  readonly #maxTextBytes: number;
  /** The beginning of a line that may be a separator, as far as it has come. */
  #waiting: Uint8Array = new Uint8Array(0);
  /** Bytes of the file before what is waiting. */
  #offset = 0;
  #atLineStart = true;
  #mails = 0;
  #begun: Begun | null = null;
  #pieces: Uint8Array[] = [];
  #textBytes = 0;
  /** Something else than an mbox: nothing more will come of it. */
  isNone = false;

  constructor(options: MboxOptions) {
    this.#options = options;
    this.#maxTextBytes = Math.ceil(options.maxMailBytes * 1.25) + OVERHEAD_BYTES;
  }

  /** Takes the next bytes; gives the mails that ended in them. */
  *push(chunk: Uint8Array): Generator<MailRead | TransferProblem> {
    const data = this.#waiting.length === 0 ? chunk : joined(this.#waiting, chunk);
    this.#waiting = new Uint8Array(0);
    let taken = 0;
    for (let at = 0; at < data.length && !this.isNone;) {
      const end = data.indexOf(LINE_FEED, at);
      if (this.#atLineStart && mayBeSeparator(data, at)) {
        if (end === -1 && data.length - at <= MAX_SEPARATOR_BYTES) {
          this.#waiting = data.slice(at);
          break;
        }
        const date = end === -1 ? null : separatorDate(data.subarray(at, end));
        if (date !== null) {
          this.#take(data.subarray(taken, at));
          yield* this.#next({ date, offset: this.#offset + at });
          taken = at = end + 1;
          continue;
        }
      }
      this.#atLineStart = end !== -1;
      at = end === -1 ? data.length : end + 1;
    }
    const kept = data.length - this.#waiting.length;
    this.#take(data.subarray(taken, kept));
    this.#offset += kept;
    if (this.isNone) yield this.#noMbox();
  }

  /** The last mail: the file has ended. */
  *finish(): Generator<MailRead | TransferProblem> {
    if (this.isNone) return;
    const date = separatorDate(this.#waiting);
    if (date === null) this.#take(this.#waiting);
    else yield* this.#next({ date, offset: this.#offset });
    // A file with nothing in it is an mbox without mail.
    if (this.isNone) yield this.#noMbox();
    else yield* this.#ended(true);
  }

  *#next({ date, offset }: { date: number; offset: number }): Generator<
    MailRead | TransferProblem
  > {
    if (this.isNone) return;
    yield* this.#ended(false);
    this.#mails++;
    const place = { file: this.#options.file, mail: this.#mails, offset };
    this.#begun = { place, date };
    this.#atLineStart = true;
  }

  /** Adds to the text of the mail. */
  #take(piece: Uint8Array): void {
    if (this.#begun === null) {
      // Before the first separator there may be nothing but empty lines.
      this.isNone ||= piece.some((byte) => byte !== LINE_FEED && byte !== CARRIAGE_RETURN);
      return;
    }
    this.#textBytes += piece.length;
    if (this.#textBytes > this.#maxTextBytes) this.#pieces.length = 0;
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  *#ended(isLast: boolean): Generator<MailRead | TransferProblem> {
    const begun = this.#begun;
    if (begun === null) return;
    const textBytes = this.#textBytes;
    const pieces = this.#pieces;
    this.#begun = null;
    this.#pieces = [];
    this.#textBytes = 0;
    if (textBytes > this.#maxTextBytes) yield tooLarge(begun.place, textBytes);
    else yield this.#mail(begun, concat(...pieces), isLast);
  }

  #mail({ place, date }: Begun, text: Bytes, isLast: boolean): MailRead | TransferProblem {
    const found = readMarksBlock(text);
    if (isLast && found === "cut") return cutOff(place, text.length);
    const marked = found === "cut" ? null : found;
    const quoted = withoutEmptyLine(text.subarray(marked?.blockBytes ?? 0));
    let bytes = unquoteFrom(quoted);
    if (marked !== null) {
      const { mailBytes } = marked;
      if (isLast && bytes.length < mailBytes) {
        return cutOff(place, `${bytes.length} of ${mailBytes}`);
      }
      // The line feed that a mail without one at its end got in the file.
      const added = bytes.length === mailBytes + 1 && bytes.at(-1) === LINE_FEED;
      if (added) bytes = bytes.subarray(0, mailBytes);
    } else if (bytes.length === 0) {
      return { kind: "problem", place, reason: "there is nothing after its first line" };
    }
    if (bytes.length > this.#options.maxMailBytes) return tooLarge(place, bytes.length);
    const marks: MailMarks = marked?.marks ?? foreignMarks(bytes);
    const dates = { statedDate: marked === null ? null : date, fallbackDate: date };
    // A copy of its own: a part of a chunk would keep all of that in memory.
    return { kind: "mail", bytes: bytes.slice(), ...marks, ...dates, place };
  }

  #noMbox(): TransferProblem {
    return {
      kind: "problem",
      place: { file: this.#options.file, mail: null, offset: null },
      reason: 'it is not an mbox: it does not begin with a line "From ADDRESS DATE"',
    };
  }
}

/** Whether the bytes at the beginning of a line are "From " as far as they are there. */
function mayBeSeparator(data: Uint8Array, at: number): boolean {
  if (data[at] !== 0x46) return false;
  if (data.length - at >= FROM_BYTES) return isFromAt(data, at);
  return new TextDecoder("latin1").decode(data.subarray(at)) === "From ".slice(0, data.length - at);
}

/** Without the empty line that stands between a mail and the next separator. */
function withoutEmptyLine(text: Bytes): Bytes {
  const end = text.length;
  if (text[end - 1] !== LINE_FEED) return text;
  if (end === 1 || text[end - 2] === LINE_FEED) return text.subarray(0, end - 1);
  const isCrLf = text[end - 2] === CARRIAGE_RETURN && (end === 2 || text[end - 3] === LINE_FEED);
  return isCrLf ? text.subarray(0, end - 2) : text;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function cutOff(place: Place, bytes: number | string): TransferProblem {
  const reason = `the file ends in the middle of it, after ${bytes} bytes`;
  return { kind: "problem", place, reason };
}
