/**
 * Codes that people write down, read aloud and type: random bytes in Crockford base32 and a check
 * group, the first 20 bits of `SHA-256("mailsec/1 LABEL\0" ‖ bytes)`, in groups of four. A slip in
 * typing is told at once, except for one in a million.
 *
 * Bytes: docs/protocol.md, 8.4.
 */

import { type Bytes, fromCrockford, toCrockford } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha256 } from "./kdf.ts";
import { labelled } from "./labels.ts";

const GROUP_SYMBOLS = 4;
/** Of base32: 20 bits. */
const CHECK_SYMBOLS = 4;

/** One kind of code. */
export interface WrittenCode {
  /** As in `"The recovery code is mistyped."` */
  readonly name: string;
  /** Of the code without its check group, in bytes. */
  readonly length: number;
  /** Of the check group, from labels.ts. */
  readonly checkLabel: string;
}

/** As it is shown: `"0RH4-7M2K-…"`, upper case, groups of four joined by hyphens. */
export function formatWrittenCode(kind: WrittenCode, code: Bytes): string {
  if (code.length !== kind.length) throw new RangeError(`formatWrittenCode: ${kind.name}`);
  const text = toCrockford(code) + checkGroup(kind, code);
  return text.match(new RegExp(`.{1,${GROUP_SYMBOLS}}`, "g"))!.join("-");
}

/**
 * A code as typed: either case, hyphens and blanks anywhere, `o` read as 0, `i` and `l` as 1.
 *
 * @throws {FormatError} when it is mistyped or not the whole of one. The text is not repeated: it
 *   is a secret.
 */
export function parseWrittenCode(kind: WrittenCode, text: string): Bytes {
  const symbols = text.replace(/[-\s]/g, "");
  const codeSymbols = Math.ceil((kind.length * 8) / 5);
  const total = codeSymbols + CHECK_SYMBOLS;
  if (symbols.length !== total) {
    throw mistyped(kind, `has ${symbols.length} letters and digits instead of ${total}`);
  }
  const code = decoded(kind, symbols.slice(0, codeSymbols));
  // Both in one spelling: what was typed may have an o for a 0.
  const check = decoded(kind, `${symbols.slice(codeSymbols)}0000`);
  if (!toCrockford(check).startsWith(checkGroup(kind, code))) throw mistyped(kind, "is mistyped");
  return code;
}

function checkGroup({ checkLabel }: WrittenCode, code: Bytes): string {
  return toCrockford(sha256(labelled(checkLabel, code))).slice(0, CHECK_SYMBOLS);
}

function decoded(kind: WrittenCode, symbols: string): Bytes {
  try {
    return fromCrockford(symbols);
  } catch {
    throw mistyped(kind, "is mistyped");
  }
}

function mistyped({ name }: WrittenCode, problem: string): FormatError {
  return new FormatError(`The ${name} ${problem}.`, {
    hint: "Compare it, group by group, with what was written down.",
  });
}
