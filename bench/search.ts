/**
 * Measures the search index alone: synthetic mails, sealed files on this machine's disk, no server.
 *
 * `deno run -P=test bench/search.ts [MAILS] [WORDS]`, 20,000 mails of 150 words unless told. Words are
 * drawn from 60,000 with the frequencies of natural language (Zipf), from a fixed seed.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { IndexSealer, SegmentFiles } from "../client/index/segment_files.ts";
import type { MailRow } from "../client/index/mail_row.ts";
import type { Mail } from "../client/mailbox_types.ts";
import { MailSearch } from "../client/search/search.ts";
import type { SearchTerm } from "../client/search/types.ts";

const VOCABULARY = 60_000;
const RUNS = 5;

const mailCount = Number(Deno.args[0] ?? 20_000);
const wordCount = Number(Deno.args[1] ?? 150);

/** Numerical Recipes' generator: the same numbers on each machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function madeUpWord(number: number): string {
  const random = randomFrom(number * 2_654_435_761);
  const letters = Array.from({ length: 3 + Math.floor(random() * 7) }, () => (
    String.fromCharCode(97 + Math.floor(random() * 26))
  ));
  return letters.join("") + number.toString(36);
}

const vocabulary = Array.from({ length: VOCABULARY }, (_, i) => madeUpWord(i));

/** The text of a mail: always the same for one number. */
function textOf(index: number): string {
  const random = randomFrom(index);
  const rank = () => Math.floor(Math.exp(random() * Math.log(VOCABULARY))) - 1;
  return Array.from({ length: wordCount }, () => vocabulary[rank()]!).join(" ");
}

function rowOf(index: number): MailRow {
  const id = index.toString(16).padStart(32, "0");
  const title = `Title ${vocabulary[index % VOCABULARY]}`;
  return {
    ...{ index, id, revision: 1, when: index, date: index, title, size: 6 * wordCount },
    ...{ from: `user${index % 50}`, to: ["alice", "bob"], cc: [], bcc: [], flags: [] },
    ...{ folder: "inbox", also: [], trashedAt: null, attachments: 0, kind: "mail" },
    ...{ thread: id, own: id, contentHash: "", rejected: false, repeated: false },
  };
}

const folder = await Deno.makeTempDir({ prefix: "mailsec-search-" });
const there = Array.from({ length: mailCount }, (_, i) => i + 1).filter((index) => index % 8 === 1)
  .map((
    first,
  ): [number, Bytes] => [first, Uint8Array.of((1 << Math.min(8, mailCount + 1 - first)) - 1)]);
const owner = { realm: new Uint8Array(32), user: "alice" };
const disk = new SegmentFiles(folder, owner, new IndexSealer(new Uint8Array(32), owner));
const nowhere = {
  read: () => Promise.resolve(null),
  write: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

function openSearch(): MailSearch {
  const nothing = () => Promise.resolve();
  const mails = { catchUp: nothing, load: nothing, there: () => there, row: rowOf };
  const read = (index: number) => {
    const { id, title, size } = rowOf(index);
    const text = textOf(index);
    const body = { kind: "text", text } as const;
    return Promise.resolve({ index, id, title, size, body, attachments: [] } as unknown as Mail);
  };
  return new MailSearch({ mails, read, disk, server: nowhere });
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  console.log(`${what.padEnd(52)} ${(performance.now() - begun).toFixed(0).padStart(7)} ms`);
  return result;
}

async function searches(what: string, terms: SearchTerm[], limit: number): Promise<void> {
  const cold: number[] = [];
  const warm: number[] = [];
  let found = 0;
  for (let run = 0; run < RUNS; run++) {
    const search = openSearch();
    await search.status();
    for (const times of [cold, warm]) {
      const begun = performance.now();
      found = (await search.find(terms, { limit })).ranks.size;
      times.push(performance.now() - begun);
    }
    await search.close();
  }
  const median = (times: number[]) => times.sort((a, b) => a - b)[RUNS >> 1]!.toFixed(0);
  console.log(
    `${what.padEnd(34)} ${String(found).padStart(6)} found  ` +
      `${median(cold).padStart(5)} ms first  ${median(warm).padStart(5)} ms again`,
  );
}

console.log(`${mailCount} mails of ${wordCount} words`);
console.log(`memory before${(Deno.memoryUsage().rss / 1e6).toFixed(0).padStart(47)} MB`);
try {
  const search = openSearch();
  await timed("index all", () => search.index());
  await search.close();
  let bytes = 0;
  for await (const { name } of Deno.readDir(disk.folder)) {
    bytes += (await Deno.stat(`${disk.folder}/${name}`)).size;
  }
  console.log(`on disk${(bytes / 1e6).toFixed(1).padStart(53)} MB`);
  const word = (rank: number) => vocabulary[rank]!;
  const phrase = textOf(77).split(" ").slice(3, 6).join(" ");
  await searches("a rare word", [{ text: word(VOCABULARY - 7) }], Infinity);
  await searches("a word in many mails", [{ text: word(20) }], Infinity);
  await searches("the newest 50 of them", [{ text: word(20) }], 50);
  await searches("two words", [{ text: word(200) }, { text: word(300) }], Infinity);
  await searches("the beginning of a word", [{ text: "bu", prefix: true }], Infinity);
  await searches("a phrase", [{ text: phrase, phrase: true }], Infinity);
  console.log(`memory after${(Deno.memoryUsage().rss / 1e6).toFixed(0).padStart(48)} MB`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
