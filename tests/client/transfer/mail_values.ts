/** Mails for the tests of export and import. */

import fc from "fast-check";
import type { Bytes } from "../../../crypto/bytes.ts";
import { utf8 } from "../../../crypto/bytes.ts";
import type {
  MailRead,
  MailToWrite,
  TransferFlag,
  TransferProblem,
} from "../../../client/transfer/types.ts";

export const NOW = Date.UTC(2026, 10, 24, 3, 51, 32);

export function mailToWrite(
  bytes: Bytes | string,
  changes: Partial<MailToWrite> = {},
): MailToWrite {
  return {
    bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
    date: NOW,
    from: "Bob <bob@example.org>",
    title: "Lunch",
    contentHash: "0123456789abcdef",
    folders: ["Inbox"],
    flags: new Set(),
    isDraft: false,
    isTrashed: false,
    ...changes,
  };
}

/** Bytes that are mostly made of what mbox quotes, splits and cuts at. */
export const trickyBytes: fc.Arbitrary<Bytes> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  fc.array(
    fc.constantFrom(
      ...["\n", "\r\n", "\r", "From ", ">From ", ">", "F", " ", "x", "Subject: x\n", "\0", "ÿ"],
      ...["From bob@x Tue Nov 24 03:51:32 2026", "X-Mailsec-Export: 1 lines=1 bytes=3\n"],
      ...["Status: RO\n", "X-Mailsec-Folder: a%20b\n", "\n\n"],
    ),
    { maxLength: 12 },
  ).map((parts) => utf8(parts.join(""))),
);

export const folderName: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.constantFrom(
    "Inbox",
    "Work/Projects",
    "a.b",
    "..",
    ".",
    "a&b",
    "Žluťoučký kůň",
    "%41",
    "/x//",
  ),
);

const FLAGS: readonly TransferFlag[] = ["read", "answered", "forwarded", "flagged"];

export const anyMail: fc.Arbitrary<MailToWrite> = fc.record({
  bytes: trickyBytes,
  date: fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000),
  from: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("alice", "Bob <bob@example.org>")),
  title: fc.string({ unit: "binary" }),
  contentHash: fc.stringMatching(/^[0-9a-f]{16}$/),
  folders: fc.array(folderName, { maxLength: 3 }),
  flags: fc.subarray([...FLAGS]).map((flags) => new Set(flags)),
  isDraft: fc.boolean(),
  isTrashed: fc.boolean(),
});

/** What all readers must give back of a mail, in a form that assertEquals can show. */
export function essence(
  mail: Pick<MailRead, "bytes" | "folders" | "flags" | "isDraft" | "isTrashed">,
) {
  const { bytes, folders, flags, isDraft, isTrashed } = mail;
  const text = new TextDecoder("latin1").decode(bytes);
  return { text, folders: [...folders], flags: [...flags].sort(), isDraft, isTrashed };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(items);
}

export function onlyMails(items: readonly (MailRead | TransferProblem)[]): MailRead[] {
  return items.map((item) => {
    if (item.kind === "problem") throw new Error(`${item.place.file}: ${item.reason}`);
    return item;
  });
}

/** A stream that gives bytes in pieces of so many. */
export async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    yield await Promise.resolve(bytes.slice(at, at + length));
  }
}
