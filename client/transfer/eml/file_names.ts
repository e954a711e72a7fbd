/**
 * Names of .eml files: `20261124T035132Z_bob_Lunch-at-noon_HASH.FLAGS.eml`, the flags with a
 * Maildir's letters and left out when there are none. Sender and title are for people: what is
 * neither letter nor digit becomes "-".
 */

import { shortAddressOf } from "../address_text.ts";
import { fileDate } from "../dates.ts";
import { flagLetters } from "../maildir/file_names.ts";
import { hashText, type MailKey, parseKey } from "../mail_key.ts";
import type { MailMarks } from "../types.ts";

/** Greatest part of a name, in bytes of UTF-8: names have at most 255. */
const MAX_SENDER_BYTES = 60;
const MAX_TITLE_BYTES = 90;
const OURS = /^(\d{8}T\d{6}Z)_.*_([0-9a-f]{16}(?:-\d{1,6})?)(?:\.([DFPRST]+))?\.eml$/s;

export function emlFileName(
  { key, from, title, ...marks }: { key: MailKey; from: string; title: string } & MailMarks,
): string {
  const letters = flagLetters(marks);
  const parts = [
    compactDate(key.seconds),
    words(shortAddressOf(from), MAX_SENDER_BYTES),
    words(title, MAX_TITLE_BYTES),
    hashText(key.contentHash, key.twin),
  ];
  return `${parts.join("_")}${letters === "" ? "" : `.${letters}`}.eml`;
}

/** The key and the flags in a name of ours; null for any other. */
export function parseEmlFileName(name: string): { key: MailKey; letters: string } | null {
  const found = OURS.exec(name);
  if (found === null) return null;
  const [, date, hash, letters = ""] = found;
  const iso = date!.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? null : { key: parseKey(ms / 1000, hash!), letters };
}

function compactDate(seconds: number): string {
  return new Date(fileDate(seconds * 1000)).toISOString().replace(/[-:]|\.000/g, "");
}

function words(text: string, maxBytes: number): string {
  const plain = text.toWellFormed().normalize("NFC").replace(/[^\p{L}\p{N}\p{M}.@+]+/gu, "-")
    .replace(/^[-.]+|[-.]+$/g, "");
  const encoder = new TextEncoder();
  let bytes = 0;
  let cut = "";
  for (const character of plain) {
    bytes += encoder.encode(character).length;
    if (bytes > maxBytes) break;
    cut += character;
  }
  return cut === "" ? "-" : cut;
}
