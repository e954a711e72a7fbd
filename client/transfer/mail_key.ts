/**
 * What exported mails are ordered and named by: the same in every mailbox that has them, so that
 * exporting again gives the same files.
 */

import { fileDate } from "./dates.ts";

export interface MailKey {
  /** Since the epoch. */
  readonly seconds: number;
  /** First 16 hexadecimal digits of the SHA-512 of the bytes. */
  readonly contentHash: string;
  /** 1; more of the second, third… mail of one export with the same date and bytes. */
  readonly twin: number;
}

/** The key of a mail that has no twin. */
export function keyOf(date: number, contentHash: string): MailKey {
  return { seconds: fileDate(date) / 1000, contentHash, twin: 1 };
}

/** `DATE.HASH` or `DATE.HASH-TWIN`. */
export function keyText(
  { seconds, contentHash, twin }: MailKey,
  date: (seconds: number) => string,
): string {
  return `${date(seconds)}.${hashText(contentHash, twin)}`;
}

export function hashText(contentHash: string, twin: number): string {
  return twin === 1 ? contentHash : `${contentHash}-${twin}`;
}

/** @param hash As `hashText` makes it. */
export function parseKey(seconds: number, hash: string): MailKey {
  const [contentHash, twin] = hash.split("-");
  return { seconds, contentHash: contentHash!, twin: Number(twin ?? 1) };
}

/** One text for one key, for sets. */
export function keyId(key: MailKey): string {
  return keyText(key, String);
}
