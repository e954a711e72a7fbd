/** Fingerprints as people type, paste and save them. */

import { FormatError } from "../../crypto/errors.ts";
import { normalizeFingerprint } from "../../crypto/fingerprint.ts";

/** What mail programs, chats and people put around and between groups. */
const DECORATION = /[\p{Pd}\p{Zs}\s"'`«»“”„.,;|*]+/gu;
/** A name before a fingerprint: `bob: 0RH4-…`, `bob=0RH4-…`, `Name bob 0RH4-…`. */
const LABEL = /^.*?[\s:=]+(?=\S)/s;

interface Named {
  readonly label: string;
  readonly fingerprint: string;
}

/**
 * The fingerprint that a text has for a user. Forgiving: either case, any dashes and blanks, `o` for
 * 0, `i` and `l` for 1, broken over lines, with the name in front (`bob: 0RH4-…`). Of a list of
 * several people's, the line with the name counts.
 *
 * @param user Lower case.
 * @throws {FormatError} when there is none, or it cannot be told which.
 */
export function fingerprintFor(user: string, text: string): string {
  const whole = read(text);
  if (whole !== null && (whole.label === "" || isNameOnly(whole.label, user))) {
    return whole.fingerprint;
  }
  const lines = text.split(/\r?\n/).map(read).filter((line) => line !== null);
  const own = lines.filter(({ label }) => names(label, user));
  const candidates = own.length > 0 ? own : lines.filter(({ label }) => label === "");
  const found = new Set(candidates.map(({ fingerprint }) => fingerprint));
  const [fingerprint] = found;
  if (fingerprint !== undefined && found.size === 1) return fingerprint;
  if (found.size > 1) {
    throw new FormatError(`There is more than one fingerprint for ${user}.`, {
      hint: "Give only the one that is meant.",
    });
  }
  if (lines.length > 0) {
    throw new FormatError(`The fingerprint is that of "${lines[0]!.label}", not of ${user}.`, {
      hint: `Ask ${user} for theirs: eight groups of four letters and digits.`,
    });
  }
  throw new FormatError("This is not a fingerprint.", {
    hint: "It has eight groups of four letters and digits, like 0RH4-7M2K-… Give all of it.",
  });
}

/** A fingerprint with what stands before it; null when there is none. */
function read(text: string): Named | null {
  const trimmed = text.trim();
  for (let at = 0;;) {
    const rest = trimmed.slice(at);
    const fingerprint = plain(rest);
    const label = trimmed.slice(0, at).trim();
    // Words can have the letters of a fingerprint, but hardly ever a digit.
    if (fingerprint !== null && (at === 0 || /\d/.test(rest))) return { label, fingerprint };
    const before = LABEL.exec(rest);
    if (before === null) return null;
    at += before[0].length;
  }
}

function plain(text: string): string | null {
  try {
    return normalizeFingerprint(text.replace(DECORATION, ""));
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** Whether a label is one line that names the user: nobody else's fingerprint is in it. */
function isNameOnly(label: string, user: string): boolean {
  return !label.includes("\n") && names(label, user);
}

function names(label: string, user: string): boolean {
  return label.toLowerCase().split(/[^a-z0-9._-]+/).includes(user);
}
