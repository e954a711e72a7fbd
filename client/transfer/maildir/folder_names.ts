/**
 * Folder names as folders of a Maildir++: the inbox is the Maildir itself, every other folder is
 * `.NAME` in it, and a folder in a folder ("Work/Plans") is `.Work.Plans`.
 *
 * NAME is in modified UTF-7 (RFC 3501 section 5.1.3), as IMAP servers have it. Beside what that
 * shifts, whatever a file system or a Maildir could take for something else is shifted, so that
 * every name comes back and none leaves the Maildir; only one too long for a file system is cut.
 */

import { INBOX, shortPart } from "../folder_paths.ts";

/** Characters that stand for themselves. */
const DIRECT = /^[A-Za-z0-9 _\-+,=@#!$'();^{}[\]]$/;

/** The Maildir's subfolder of a folder; "" for the Maildir itself. */
export function maildirFolder(name: string): string {
  if (name.toLowerCase() === INBOX) return "";
  return `.${shortPart(shifted(name), name)}`;
}

/** The folder that a subfolder is; null when it is none (`new`, `.`). */
export function folderOfMaildir(subfolder: string): string | null {
  if (subfolder === "") return INBOX;
  if (!/^\.[^.]/s.test(subfolder)) return null;
  return unshifted(subfolder.slice(1));
}

function shifted(name: string): string {
  let text = "";
  let waiting = "";
  const flush = () => {
    if (waiting !== "") text += `&${base64Of(waiting)}-`;
    waiting = "";
  };
  for (let i = 0; i < name.length; i++) {
    const unit = name[i]!;
    const direct = directForm(name, i);
    if (direct === null) {
      waiting += unit;
      continue;
    }
    flush();
    text += direct;
  }
  flush();
  return text;
}

/** What stands for the character at `i` outside of a shift; null when it must be shifted. */
function directForm(name: string, i: number): string | null {
  const unit = name[i]!;
  if (unit === "&") return "&-";
  // Only between two parts that are not empty does a slash mean a folder in a folder.
  const separates = i > 0 && i < name.length - 1 && name[i - 1] !== "/" && name[i + 1] !== "/";
  if (unit === "/" && separates) return ".";
  return DIRECT.test(unit) ? unit : null;
}

function unshifted(text: string): string {
  return text.replace(
    /&([A-Za-z0-9+,]*)-|\./g,
    (found, shift: string | undefined) =>
      shift === undefined ? "/" : shift === "" ? "&" : textOf(shift) ?? found,
  );
}

/** Base64 of UTF-16BE, with "," for "/" and without padding. */
function base64Of(text: string): string {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i));
  return bytes.toBase64({ omitPadding: true }).replaceAll("/", ",");
}

/** Null when it is no shift: then the characters stand for themselves. */
function textOf(base64: string): string | null {
  try {
    const bytes = Uint8Array.fromBase64(base64.replaceAll(",", "/"));
    return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
