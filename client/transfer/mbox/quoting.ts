/**
 * Quoting as in mboxrd, which can be undone without a doubt: a line that begins with any number of
 * ">" and then "From " gets one ">" more in the file, and loses one when it is read. A line begins
 * after a line feed, whatever stands before that.
 */

import type { Bytes } from "../../../crypto/bytes.ts";

const LINE_FEED = 0x0a;
const GREATER = 0x3e;
/** "From " */
const FROM: readonly number[] = [0x46, 0x72, 0x6f, 0x6d, 0x20];

/** Whether the bytes at `at` are "From ". */
export function isFromAt(bytes: Uint8Array, at: number): boolean {
  return FROM.every((byte, i) => bytes[at + i] === byte);
}

/** With a ">" before each line that is "From " after any number of ">". */
export function quoteFrom(bytes: Bytes): Bytes {
  const starts = linesOf(bytes, 0);
  if (starts.length === 0) return bytes;
  const quoted = new Uint8Array(bytes.length + starts.length);
  let from = 0;
  starts.forEach((start, i) => {
    quoted.set(bytes.subarray(from, start), from + i);
    quoted[start + i] = GREATER;
    from = start;
  });
  quoted.set(bytes.subarray(from), from + starts.length);
  return quoted;
}

/** Without the first ">" of each line that is "From " after at least one ">". */
export function unquoteFrom(bytes: Bytes): Bytes {
  const starts = linesOf(bytes, 1);
  if (starts.length === 0) return bytes;
  const unquoted = new Uint8Array(bytes.length - starts.length);
  let from = 0;
  starts.forEach((start, i) => {
    unquoted.set(bytes.subarray(from, start), from - i);
    from = start + 1;
  });
  unquoted.set(bytes.subarray(from), from - starts.length);
  return unquoted;
}

/** Where lines begin that are "From " after at least `least` times ">". */
function linesOf(bytes: Uint8Array, least: number): number[] {
  const starts: number[] = [];
  for (let start = 0; start < bytes.length;) {
    let at = start;
    while (bytes[at] === GREATER) at++;
    if (at - start >= least && isFromAt(bytes, at)) starts.push(start);
    const end = bytes.indexOf(LINE_FEED, at);
    if (end === -1) break;
    start = end + 1;
  }
  return starts;
}
