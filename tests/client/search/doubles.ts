/** A mailbox in memory, and stores that count and fail, for tests of the search. */

import type { Bytes } from "../../../crypto/bytes.ts";
import { NotFoundError } from "../../../client/errors.ts";
import type { MailRow } from "../../../client/index/mail_row.ts";
import type { SegmentStore } from "../../../client/index/segment_store.ts";
import type { Mail } from "../../../client/mailbox_types.ts";
import { MailSearch } from "../../../client/search/search.ts";
import type { SearchedMails } from "../../../client/search/types.ts";

export interface FakeMail {
  title?: string;
  from?: string;
  to?: string[];
  body?: string;
  attachments?: string[];
  rejected?: boolean;
  /** Thrown instead of its content. */
  fault?: Error;
}

export class FakeMails implements SearchedMails {
  readonly mails = new Map<number, FakeMail>();
  /** Indexes of the mails whose content was asked for, in order. */
  readonly reads: number[] = [];
  /** Called before each read. */
  onRead: (index: number) => void = () => {};
  readonly #listeners = new Set<() => void>();

  /** Adds mails with these bodies; returns the index of the first. */
  add(...mails: (FakeMail | string)[]): number {
    const first = Math.max(0, ...this.mails.keys()) + 1;
    mails.forEach((mail, i) => {
      this.mails.set(first + i, typeof mail === "string" ? { body: mail } : mail);
    });
    return first;
  }

  catchUp(): Promise<void> {
    return Promise.resolve();
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  *there(): Generator<[number, Bytes]> {
    for (const index of this.mails.keys()) {
      const at = (index - 1) & 7;
      yield [index - at, Uint8Array.of(1 << at)];
    }
  }

  row(index: number): MailRow | undefined {
    const mail = this.mails.get(index);
    if (mail === undefined) return undefined;
    const id = index.toString(16).padStart(32, "0");
    const { title = "", from = "bob", to = ["alice"], rejected = false } = mail;
    return {
      ...{ index, id, revision: 1, when: index, date: index, from, to, cc: [], bcc: [], title },
      ...{ size: mail.body?.length ?? 0, flags: [], folder: "inbox", also: [], trashedAt: null },
      ...{
        attachments: 0,
        kind: "mail",
        thread: id,
        own: id,
        contentHash: "",
        rejected,
        repeated: false,
      },
    };
  }

  readonly read = (index: number): Promise<Mail> => {
    this.reads.push(index);
    this.onRead(index);
    const mail = this.mails.get(index);
    if (mail === undefined) return Promise.reject(new NotFoundError("gone"));
    if (mail.fault !== undefined) return Promise.reject(mail.fault);
    const { id, from, to, title, size } = this.row(index)!;
    const content = new Uint8Array();
    return Promise.resolve({
      ...{ index, id, from, to: [...to], cc: [], date: "", title, size },
      body: { kind: "text", text: mail.body ?? "" },
      attachments: (mail.attachments ?? []).map((name) => ({ name, type: "", size: 0, content })),
      ...{ warnings: [], contact: null },
    } as unknown as Mail);
  };

  readonly onChange = (listener: () => void): () => void => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** A store in memory, as files and blobs are. */
export class FakeStore implements SegmentStore {
  readonly parts = new Map<string, Bytes>();
  readonly writes: string[] = [];
  /** Called before each write; what it throws is what the writer gets. */
  onWrite: (name: string) => void = () => {};

  read(name: string): Promise<Bytes | null> {
    return Promise.resolve(this.parts.get(name)?.slice() ?? null);
  }

  // deno-lint-ignore require-await
  async write(name: string, bytes: Bytes): Promise<void> {
    this.onWrite(name);
    this.writes.push(name);
    this.parts.set(name, bytes.slice());
  }

  remove(name: string): Promise<void> {
    this.parts.delete(name);
    return Promise.resolve();
  }
}

/** A device of the user: a disk of its own, the server that all share. */
export function device(
  mails: FakeMails,
  { disk = new FakeStore(), server = new FakeStore() } = {},
): { search: MailSearch; disk: FakeStore; server: FakeStore } {
  const { read } = mails;
  return { search: new MailSearch({ mails, read, disk, server }), disk, server };
}

/** What a search for words finds, the newest first. */
export async function found(search: MailSearch, ...words: string[]): Promise<number[]> {
  return [...(await search.find(words.map((text) => ({ text })))).ranks.keys()];
}
