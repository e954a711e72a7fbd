/**
 * How fast the SQLite mail store is on this machine: `deno run -A bench/store.ts`. Prints a table;
 * every figure includes the sync to disk that an acknowledgement promises.
 */

import { type Bytes, randomBytes } from "../crypto/bytes.ts";
import { openSqliteStore } from "../mailstore/sqlite_store.ts";
import type { Delivery, MailStore } from "../mailstore/store.ts";

/** A sealed mail of 1 KB to one recipient and the sender's own copy: 9 KB in all. */
const HEADER_BYTES = 6500;
const SUMMARY_BYTES = 1200;
const CONTENT_BYTES = 1300;
const META_BYTES = 100;
const SEALED_ENTRY_BYTES = 1024;

const LARGE_MAILBOX_ENTRIES = 10_000;
const GROUPED_DELIVERIES = 20_000;
const SERIAL_DELIVERIES = 1000;
const IN_FLIGHT = 40;

/** A measured figure; the name says the unit. */
export interface Figure {
  readonly name: string;
  readonly value: number;
}

function mail(mailboxes: Bytes[]): Delivery {
  return {
    messageId: randomBytes(16),
    digest: randomBytes(32),
    meta: randomBytes(META_BYTES),
    header: randomBytes(HEADER_BYTES),
    summary: randomBytes(SUMMARY_BYTES),
    content: randomBytes(CONTENT_BYTES),
    mailboxes,
  };
}

async function createAccounts(store: MailStore, count: number): Promise<Bytes[]> {
  const tags = Array.from({ length: count }, () => randomBytes(32));
  await Promise.all(tags.map((tag) => {
    const blob = randomBytes(3000);
    return store.saveAccount(
      { tag, status: "active", profile: randomBytes(64), login: blob, bundle: blob },
      null,
    );
  }));
  return tags;
}

/** Delivers all mails with so many at a time under way. Returns the seconds it took. */
async function deliverAll(store: MailStore, mails: Delivery[], inFlight: number): Promise<number> {
  const start = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (next < mails.length) await store.deliver(mails[next++]!);
  }));
  return (performance.now() - start) / 1000;
}

function quantile(sorted: number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)]!;
}

/** The times of `repeat` runs in ms, sorted. */
async function timed(repeat: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const start = performance.now();
    await work(i);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

async function measureDeliveries(store: MailStore, tags: Bytes[]): Promise<Figure[]> {
  const pair = (i: number) => [tags[i % tags.length]!, tags[(i + 1) % tags.length]!];
  const grouped = Array.from({ length: GROUPED_DELIVERIES }, (_, i) => mail(pair(i)));
  const seconds = await deliverAll(store, grouped, IN_FLIGHT);
  const serial = Array.from({ length: SERIAL_DELIVERIES }, (_, i) => mail(pair(i)));
  const times = await timed(serial.length, (i) => store.deliver(serial[i]!));
  return [
    { name: `deliveries_${IN_FLIGHT}_in_flight_per_s`, value: GROUPED_DELIVERIES / seconds },
    { name: "serial_delivery_p50_ms", value: quantile(times, 0.5) },
    { name: "serial_delivery_p99_ms", value: quantile(times, 0.99) },
  ];
}

async function measureMailbox(store: MailStore, tag: Bytes): Promise<Figure[]> {
  const mails = Array.from({ length: LARGE_MAILBOX_ENTRIES }, () => mail([tag]));
  await deliverAll(store, mails, IN_FLIGHT);
  const changes = mails.map(({ messageId }) => ({
    messageId,
    revision: 0,
    sealed: randomBytes(SEALED_ENTRY_BYTES),
  }));
  const sealing = await timed(
    changes.length / 100,
    (i) => store.putEntries(tag, changes.slice(i * 100, i * 100 + 100)),
  );
  const newest = await timed(500, () => store.listEntries(tag, { before: null, limit: 50 }));
  const anywhere = await timed(500, () => {
    const before = 51 + Math.floor(Math.random() * (LARGE_MAILBOX_ENTRIES - 50));
    return store.listEntries(tag, { before, limit: 50 });
  });
  const start = performance.now();
  await store.removeAccount(tag);
  return [
    { name: "put_100_entries_p50_ms", value: quantile(sealing, 0.5) },
    { name: "list_newest_50_of_10k_p50_ms", value: quantile(newest, 0.5) },
    { name: "list_any_50_of_10k_p50_ms", value: quantile(anywhere, 0.5) },
    { name: "remove_mailbox_of_10k_ms", value: performance.now() - start },
  ];
}

async function measureUpload(store: MailStore, tag: Bytes): Promise<Figure[]> {
  const { content: _content, ...envelope } = mail([tag]);
  const { messageId } = envelope;
  const data = randomBytes(256 * 1024);
  const contentLength = 32 * data.length;
  const start = performance.now();
  await store.stage({ ...envelope, owner: tag, contentLength, now: 0 });
  for (let offset = 0; offset < contentLength; offset += data.length) {
    await store.appendContent({ owner: tag, messageId, offset, data });
  }
  await store.commitStaged({ owner: tag, messageId, meta: envelope.meta });
  const seconds = (performance.now() - start) / 1000;
  const reads = await timed(
    32,
    (i) => store.readContent(tag, { messageId, offset: i * data.length, length: data.length }),
  );
  return [
    { name: "upload_mb_per_s", value: contentLength / 1e6 / seconds },
    { name: "read_256_kib_p50_ms", value: quantile(reads, 0.5) },
  ];
}

/** Measures everything in a new folder, which is removed again. */
export async function benchStore(): Promise<Figure[]> {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-bench-" });
  const store = await openSqliteStore(`${folder}/mail.db`, { now: 0 });
  try {
    const tags = await createAccounts(store, 20);
    return [
      ...await measureDeliveries(store, tags),
      ...await measureMailbox(store, (await createAccounts(store, 1))[0]!),
      ...await measureUpload(store, tags[0]!),
    ];
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const { name, value } of await benchStore()) {
    const digits = value >= 100 ? 0 : 3;
    console.log(`${name.padEnd(40)}${value.toFixed(digits).padStart(10)}`);
  }
}
