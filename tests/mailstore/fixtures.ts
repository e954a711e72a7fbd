/** The engines under test and small things to put into them. Nothing random: names make bytes. */

import { type Bytes, utf8 } from "../../crypto/bytes.ts";
import type { LogAppend } from "../../mailstore/log_store.ts";
import { openMemoryStore } from "../../mailstore/memory_store.ts";
import { openSqliteStore } from "../../mailstore/sqlite_store.ts";
import type {
  Account,
  AccountStatus,
  Delivery,
  MailStore,
  OpenOptions,
  Upload,
} from "../../mailstore/store.ts";

/** A moment in 2026. */
export const NOW = 1_780_000_000_000;

/** `length` bytes that begin with the text. */
export function filled(text: string, length: number): Bytes {
  const bytes = new Uint8Array(length);
  bytes.set(utf8(text).subarray(0, length));
  return bytes;
}

export const tagOf = (name: string): Bytes => filled(`tag ${name}`, 32);
export const messageIdOf = (name: string): Bytes => filled(`id ${name}`, 16);

/** Bytes that differ at every offset in a way that a wrong offset shows. */
export function patterned(length: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 0xff);
}

export function accountOf(
  name: string,
  status: AccountStatus = "active",
): Omit<Account, "version"> {
  const sealed = status === "invited" ? null : utf8(`login of ${name}`);
  return {
    tag: tagOf(name),
    status,
    profile: utf8(`profile of ${name}`),
    login: sealed,
    bundle: sealed === null ? null : utf8(`bundle of ${name}`),
  };
}

export async function addAccounts(store: MailStore, ...names: string[]): Promise<void> {
  for (const name of names) await store.saveAccount(accountOf(name), null);
}

/** Appends an identity record to those of a user who has an account. */
export async function addIdentity(store: MailStore, name: string, record: Bytes): Promise<void> {
  const tag = tagOf(name);
  const { version, ...account } = (await store.account(tag))!;
  const expectedCount = (await store.identities([tag]))[0]!.length;
  const identity = { expectedCount, record };
  const outcome = await store.changeAccount({ tag, expectedVersion: version, account, identity });
  if (outcome !== "changed") throw new Error(outcome);
}

/** An entry of the log about a user, with a record if `record` is given. */
export function logEntry(seq: number, name: string, record: string | null = null): LogAppend {
  return {
    seq,
    tag: tagOf(name),
    entry: utf8(`entry ${seq}`),
    record: record === null ? null : utf8(record),
  };
}

/** A message called `id` to these users. */
export function mail(id: string, to: string[], change: Partial<Delivery> = {}): Delivery {
  return {
    messageId: messageIdOf(id),
    digest: filled(`digest ${id}`, 32),
    meta: utf8(`meta ${id}`),
    header: utf8(`header ${id}`),
    summary: utf8(`summary ${id}`),
    content: utf8(`content ${id}`),
    mailboxes: to.map(tagOf),
    ...change,
  };
}

export function upload(
  id: string,
  to: string[],
  change: Partial<Upload> & { contentLength: number },
): Upload {
  const { content: _content, ...envelope } = mail(id, to);
  return { ...envelope, owner: tagOf("alice"), now: NOW, ...change };
}

/** A way to get an empty store, and to get rid of it. */
export interface Engine {
  readonly name: string;
  with(use: (store: MailStore) => Promise<void>, options?: Partial<OpenOptions>): Promise<void>;
}

/** Runs with a new folder, which is removed again. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-store-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs with a SQLite store in that file. */
export async function withSqlite(
  path: string,
  use: (store: MailStore) => Promise<void>,
  options: Partial<OpenOptions> = {},
): Promise<void> {
  const store = await openSqliteStore(path, { now: NOW, ...options });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

const memory: Engine = {
  name: "memory",
  async with(use, options = {}) {
    const store = await openMemoryStore({ now: NOW, ...options });
    try {
      await use(store);
    } finally {
      await store.close();
    }
  },
};

const sqlite: Engine = {
  name: "sqlite",
  with: (use, options) => withFolder((folder) => withSqlite(`${folder}/mail.db`, use, options)),
};

export const ENGINES: readonly Engine[] = [memory, sqlite];
